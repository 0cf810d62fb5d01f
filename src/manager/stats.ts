import type { TokenEvent, TokenStats } from './types.js'

/** Statistics under way: {@link TokenStats}, writable. */
export type Counters = { -readonly [K in keyof TokenStats]: TokenStats[K] }

export function createCounters(): Counters {
  return {
    refreshes: 0,
    failures: {},
    waits: 0,
    replays: 0,
    refreshLatencyMs: { count: 0, total: 0, max: 0 },
  }
}

export function count(stats: Counters, event: TokenEvent): void {
  if (event.type === 'replayed') stats.replays++
  if (event.type === 'refreshFailed') {
    const { [event.code]: times = 0 } = stats.failures
    stats.failures = { ...stats.failures, [event.code]: times + 1 }
  }
  if (event.type === 'refreshed') {
    const { total, max } = stats.refreshLatencyMs
    const { durationMs } = event
    stats.refreshes++
    stats.refreshLatencyMs = {
      count: stats.refreshes,
      total: total + durationMs,
      max: Math.max(max, durationMs),
    }
  }
}
