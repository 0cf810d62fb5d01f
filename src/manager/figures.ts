import type { BearerError } from '../errors.js'
import type { RefreshReason, TokenEvent, TokenStats } from './types.js'

/** Counts what happens, and tells of it. */
export interface Figures {
  readonly waited: () => void
  readonly refreshed: (reason: RefreshReason, durationMs: number) => void
  readonly failed: (error: BearerError, durationMs: number, retryAfterMs: number) => void
  readonly replayed: (accepted: boolean) => void
  /** A copy. */
  readonly stats: () => TokenStats
}

export function createFigures(emit: (event: TokenEvent) => void): Figures {
  const latency = { count: 0, total: 0, max: 0 }
  const failures: Record<string, number> = {}
  const counters = { refreshes: 0, failures, waits: 0, replays: 0, refreshLatencyMs: latency }

  return {
    waited() {
      counters.waits++
    },
    refreshed(reason, durationMs) {
      latency.count = ++counters.refreshes
      latency.total += durationMs
      latency.max = Math.max(latency.max, durationMs)
      emit({ type: 'refreshed', reason, durationMs })
    },
    failed({ code, retryable }, durationMs, retryAfterMs) {
      failures[code] = (failures[code] ?? 0) + 1
      emit({ type: 'refreshFailed', code, retryable, durationMs, retryAfterMs })
    },
    replayed(accepted) {
      counters.replays++
      emit({ type: 'replayed', accepted })
    },
    stats: () => JSON.parse(JSON.stringify(counters)) as TokenStats,
  }
}
