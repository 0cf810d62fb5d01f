import type { BearerErrorCode } from '../errors.js'

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
