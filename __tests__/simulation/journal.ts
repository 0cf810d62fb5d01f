import type { Clock } from './clock.js'
import type { Network } from './network.js'
import { isLooking, SECOND_MS, type Activity, type Service } from './week.js'

/** When a request waits for a refresh, that is for a reason. */
type Moment =
  'in use' | 'back' | 'hidden' | 'after a change of the clock' | 'while the token service is in trouble'

export interface Asked {
  readonly atMs: number
  readonly moment: Moment
  /** There was a network all along, and a token, or a token service to get one. */
  online: boolean
  /** How long it took until it went out, if it did. */
  waitedMs: number | undefined
  /** `answered`, `network` (its own call failed), or what else went wrong. */
  outcome: string
}

export interface Refresh {
  readonly atMs: number
  /** What was left of the token that it replaced. */
  readonly leftMs: number
  /** Somebody looked at the page, or waited for an answer. */
  readonly inUse: boolean
}

/** What happened in the week. Times are true ones. */
export interface Journal {
  readonly asked: readonly Asked[]
  readonly refreshes: readonly Refresh[]
  /** What the managers told: `refreshed: due`, `refreshFailed: offline`, `sessionExpired`, … */
  readonly told: ReadonlyMap<string, number>
  /** 401s, and calls with a refresh token that was used up. */
  readonly refused: { tokens: number; refreshTokens: number }
  readonly signOuts: () => number
  /** Sends a request under a number by which `sent` finds it again, and waits for it. `send` gives the outcome. */
  readonly ask: (send: (id: number) => Promise<string>) => Promise<void>
  readonly sent: (id: number) => void
  /** The token service has issued a token that expires at this time. */
  readonly signIn: (expiresAtMs: number) => void
  readonly refresh: (expiresAtMs: number) => void
  readonly tell: (what: string) => void
  readonly signOut: () => void
}

/** What is known of the device at any time. */
export interface Now {
  activity: Activity
  service: Service
  /** When the page was visible last, if it is not. */
  lookedMs: number
  /** Until then a request waits because the user or the network is back; or because the clock was set. */
  backUntilMs: number
  clockUntilMs: number
}

/** A refresh that was begun has ended after this. */
const REFRESH_MS = SECOND_MS

export function createJournal(clock: Clock, network: Network, now: Now): Journal {
  const asked: Asked[] = []
  const refreshes: Refresh[] = []
  const told = new Map<string, number>()
  const refused = { tokens: 0, refreshTokens: 0 }
  let expiresAtMs = 0
  let signOuts = 0
  let waiting = 0
  let lastEndMs = 0

  function momentOf(atMs: number): Moment {
    if (now.service !== 'up') return 'while the token service is in trouble'
    if (now.activity === 'polls') return 'hidden'
    if (atMs < now.clockUntilMs) return 'after a change of the clock'
    return atMs < now.backUntilMs ? 'back' : 'in use'
  }

  return {
    asked,
    refreshes,
    told,
    refused,
    signOuts: () => signOuts,
    async ask(send) {
      const atMs = clock.trueMs()
      const losses = network.losses()
      const canBeAnswered = now.service === 'up' || expiresAtMs > atMs
      const one: Asked = {
        atMs,
        moment: momentOf(atMs),
        online: network.isUp() && canBeAnswered,
        waitedMs: undefined,
        outcome: 'pending',
      }
      waiting++
      const id = asked.push(one) - 1
      one.outcome = await send(id)
      waiting--
      lastEndMs = clock.trueMs()
      one.online &&= network.losses() === losses
    },
    sent(id) {
      const one = asked[id]
      if (one) one.waitedMs ??= clock.trueMs() - one.atMs
    },
    signIn(nextExpiresAtMs) {
      expiresAtMs = nextExpiresAtMs
    },
    refresh(nextExpiresAtMs) {
      const atMs = clock.trueMs()
      const inUse =
        isLooking(now.activity) || waiting > 0 || atMs - Math.max(lastEndMs, now.lookedMs) < REFRESH_MS
      refreshes.push({ atMs, leftMs: expiresAtMs - atMs, inUse })
      expiresAtMs = nextExpiresAtMs
    },
    tell(what) {
      told.set(what, (told.get(what) ?? 0) + 1)
    },
    signOut() {
      signOuts++
    },
  }
}

/** The events of a manager, as the journal counts them. */
export function nameOf(event: { type: string; reason?: string; code?: string }): string {
  return [event.type, event.reason ?? event.code].filter(Boolean).join(': ')
}
