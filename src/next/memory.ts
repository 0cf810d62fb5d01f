import type { TokenSet } from '../amplify/userPool.js'
import type { BearerError, BearerErrorCode } from '../errors.js'
import type { Cooldowns } from '../manager/cooldown.js'

/** After a browser has shown the new refresh token, requests it had sent before may still arrive: as long as Cognito's longest grace period. */
export const STRAGGLERS_MS = 60_000
/** A browser that has not got its tokens comes back for them; the longest an access token can live. */
const UNCLAIMED_MS = 86_400_000
const MOST_FLIGHTS = 10_000

/** What is known of one refresh token. */
export interface Flight {
  /** Failures keep others from trying at once. */
  readonly cooldowns: Cooldowns
  running?: Promise<BearerError | undefined> | undefined
  /** When the refresh under way began. */
  startedMs: number
  /** How many calls are under way, those that nobody waits for any more included. */
  calls: number
  /** What it brought. */
  tokens?: TokenSet | undefined
  /** The refresh token that brought this one. */
  predecessor?: string | undefined
  /** When it had been used already, by somebody else. */
  reusedMs?: number | undefined
  ended?: Extract<BearerErrorCode, 'sessionExpired' | 'signedOut'>
  /** When the cookies of the ended session were removed last. */
  removedMs?: number
  untilMs: number
}

/** All flights of a process, bounded by age and count. */
export interface Memory {
  find(key: string): Flight | undefined
  /** Finds or begins one, which is then the last to be forgotten. */
  open(key: string): Flight
  forget(key: string): void
}

interface Shared {
  readonly flights: Map<string, Flight>
  sweptMs: number
}

const SHARED = Symbol.for('amplify-bearer.flights')

/** The proxy and the routes of one application are different instances of this module in one process. */
function shared(): Shared {
  const holder = globalThis as { [SHARED]?: Shared | undefined }
  return (holder[SHARED] ??= { flights: new Map(), sweptMs: 0 })
}

export function sharedMemory(): Memory {
  const all = shared()
  const { flights } = all

  function find(key: string): Flight | undefined {
    const flight = flights.get(key)
    return flight && flight.untilMs >= Date.now() ? flight : undefined
  }

  function sweep(): void {
    for (const [key, { calls }] of flights) {
      if (flights.size < MOST_FLIGHTS) break
      if (calls === 0) flights.delete(key)
    }
    const now = Date.now()
    if (now < all.sweptMs + STRAGGLERS_MS) return
    all.sweptMs = now
    for (const [key, { untilMs }] of flights) if (untilMs < now) flights.delete(key)
  }

  return {
    find,
    open(key) {
      const flight = find(key) ?? { cooldowns: new Map(), startedMs: 0, calls: 0, untilMs: 0 }
      flight.untilMs = Date.now() + UNCLAIMED_MS
      flights.delete(key)
      sweep()
      flights.set(key, flight)
      return flight
    },
    forget: (key) => void flights.delete(key),
  }
}
