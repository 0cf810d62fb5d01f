import type { BearerErrorCode } from '../errors.js'
import type { TokenEvent } from './types.js'

/** `TokenStats` under way. */
export interface Counters {
  refreshes: number
  failures: Partial<Record<BearerErrorCode, number>>
  waits: number
  replays: number
  refreshLatencyMs: { count: number; total: number; max: number }
}

export function createCounters(): Counters {
  return {
    refreshes: 0,
    failures: {},
    waits: 0,
    replays: 0,
    refreshLatencyMs: { count: 0, total: 0, max: 0 },
  }
}

export function count(counters: Counters, event: TokenEvent): void {
  const { failures, refreshLatencyMs } = counters
  if (event.type === 'replayed') counters.replays++
  if (event.type === 'refreshFailed') failures[event.code] = (failures[event.code] ?? 0) + 1
  if (event.type !== 'refreshed') return
  refreshLatencyMs.count = ++counters.refreshes
  refreshLatencyMs.total += event.durationMs
  refreshLatencyMs.max = Math.max(refreshLatencyMs.max, event.durationMs)
}
