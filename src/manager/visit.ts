import type { BearerError } from '../errors.js'
import type { RefreshReason } from './types.js'

/** How a visit to the token provider ended. Neither field: nothing had to be refreshed. */
export interface Outcome {
  readonly error?: BearerError
  readonly refreshed?: RefreshReason
}

/** A visit to the token provider, which any number of callers wait for. */
export interface Visit {
  /** Never rejects. */
  readonly outcome: Promise<Outcome>
  readonly end: (outcome: Outcome) => void
  /** A refresh, not just a look at what is stored: requests wait for it. */
  refreshing?: boolean
  /** The token that a look found, even if it is refreshed then: whoever waits is bound to its user. */
  found?: string | undefined
}

export function createVisit(): Visit {
  let end: Visit['end'] = () => undefined
  const outcome = new Promise<Outcome>((resolve) => (end = resolve))
  return { outcome, end }
}
