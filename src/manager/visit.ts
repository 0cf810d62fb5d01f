import type { BearerError } from '../errors.js'
import type { RefreshReason } from './types.js'

/** How a visit to the token provider ended. Neither field: nothing had to be refreshed. */
export interface Outcome {
  readonly error?: BearerError
  readonly refreshed?: RefreshReason | undefined
}

/** A visit to the token provider, which any number of callers wait for. */
export interface Visit {
  /** Never rejects. */
  readonly outcome: Promise<Outcome>
  readonly end: (outcome: Outcome) => void
  /** Aborted by the end: nobody waits any more. */
  readonly signal: AbortSignal
  /** A refresh, not just a look at what is stored: requests wait for it, unless it is one in the background. */
  refreshing?: 'foreground' | 'background'
  /** It waits for the lock, and somebody else's refresh would do as well. */
  replaceable?: boolean
  /** Begun before the network came back: that it fails says nothing of now. */
  outdated?: boolean
  /** The token that the first look found, even if it is refreshed or gone then: whoever waits is bound to its user. */
  found?: string | undefined
}

export function createVisit(): Visit {
  const ending = new AbortController()
  let resolve: Visit['end'] = () => undefined
  const outcome = new Promise<Outcome>((settle) => (resolve = settle))
  const end: Visit['end'] = (how) => {
    resolve(how)
    ending.abort()
  }
  return { outcome, end, signal: ending.signal }
}
