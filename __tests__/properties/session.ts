import type { Jwt, ProvidedTokens } from '../../src/index.js'
import type { TokenSource } from '../../src/manager/source.js'
import { SECRET, tokenOf, type Change, type Fact, type User } from './journal.js'

/** How the token provider answers a call. `same`: the stored token again. `announced`: with Amplify's Hub event. */
export const ANSWERS = [
  'tokens',
  'announced',
  'same',
  'offline',
  'throttled',
  'broken',
  'rejected',
  'nothing',
  'garbage',
  'throws',
  'never',
] as const
export type Answer = (typeof ANSWERS)[number]

/** What the application answers when it is asked to sign its user in again. */
export const SIGN_INS = ['same user', 'other user', 'given up', 'lies', 'fails', 'never'] as const
export type SignIn = (typeof SIGN_INS)[number]

export interface SessionPlan {
  /** Of forced calls, in their order; then `tokens`. */
  readonly refreshes: readonly Answer[]
  /** Of all others, in their order; then `tokens`. */
  readonly reads: readonly Answer[]
  /** Whether reads find what was stored when they began, or when they end. */
  readonly readsEarly: boolean
  /** What the application answers, in order; then `given up`. Not given: it is not asked. */
  readonly signIns?: readonly SignIn[] | undefined
}

export interface Session {
  readonly source: TokenSource
  readonly reauthenticate: (() => Promise<boolean>) | undefined
  /** Whether the API takes a token. */
  readonly accepts: (token: string | undefined) => boolean
  /** The API refuses the present token from now on. */
  readonly revoke: () => void
  /** Somebody signs in or, with no user, out. */
  readonly become: (user: User | undefined) => void
  /** Another tab refreshes. */
  readonly refresh: () => void
  readonly tell: (change: Change) => void
}

const LIFETIME_S = 60
/** When a world begins: fake clocks are set to it. */
export const START_MS = Date.UTC(2026, 0, 1)

/** A user's session as storage and token service keep it. `answering` resolves when a call may be answered. */
export function createSession(
  plan: SessionPlan,
  note: (fact: Fact) => void,
  answering: (label: string) => Promise<void>,
): Session {
  const refreshes = [...plan.refreshes]
  const reads = [...plan.reads]
  const issuedAtS = new Map<string, number>()
  const revoked = new Set<string>()
  let serial = 0
  let calls = 0
  let user: User | undefined = 'alice'
  let stored: string | undefined
  let listener: ((change: string) => void) | undefined

  function mint(owner: User): string {
    const token = tokenOf(owner, ++serial)
    issuedAtS.set(token, trueTimeS())
    return token
  }

  function jwtOf(token: string, sub: User): Jwt {
    const iat = issuedAtS.get(token) ?? 0
    return { payload: { sub, iat, exp: iat + LIFETIME_S }, toString: () => token }
  }

  function become(next: User | undefined): void {
    user = next
    stored = next && mint(next)
  }

  function tell(change: Change): void {
    note({ type: 'changed', change })
    listener?.(change)
  }

  function answerOf(
    answer: Answer,
    owner: User | undefined,
    found: string | undefined,
    forced: boolean,
  ): Jwt | null {
    switch (answer) {
      case 'offline':
        throw new TypeError('Failed to fetch')
      case 'throttled':
        throw failure('TooManyRequestsException')
      case 'broken':
        throw failure('InternalErrorException')
      case 'rejected':
        if (user === owner) become(undefined)
        throw failure('NotAuthorizedException')
      case 'nothing':
        return null
      case 'garbage':
        return { payload: {}, toString: () => `${SECRET} and spaces` }
      default:
    }
    if (!owner || !found) return null
    if (!forced || answer === 'same') return jwtOf(found, owner)
    const fresh = mint(owner)
    if (user === owner) stored = fresh
    if (answer === 'announced') tell('tokenRefresh')
    return jwtOf(fresh, owner)
  }

  function getTokens({ forceRefresh: forced = false } = {}): Promise<ProvidedTokens | null> {
    const call = calls++
    const answer = (forced ? refreshes : reads).shift() ?? 'tokens'
    const [owner, found] = [user, stored]
    note({ type: 'called', call, forced })
    if (answer === 'throws') {
      note({ type: 'answered', call, failed: true })
      throw new Error('not configured')
    }
    if (answer === 'never') return new Promise(() => undefined)
    return answering(`${forced ? 'refresh' : 'read'} ${call}: ${answer}`).then(() => {
      try {
        const early = forced || plan.readsEarly
        const jwt = answerOf(answer, early ? owner : user, early ? found : stored, forced)
        note({ type: 'answered', call, token: jwt?.toString() })
        return jwt && { accessToken: jwt }
      } catch (error) {
        note({ type: 'answered', call, failed: true })
        throw error
      }
    })
  }

  async function signOut(): Promise<void> {
    await answering('signOut')
    become(undefined)
    tell('signedOut')
  }

  const signIns = [...(plan.signIns ?? [])]
  async function reauthenticate(): Promise<boolean> {
    const next = signIns.shift() ?? 'given up'
    note({ type: 'reauthenticating', answered: false })
    if (next === 'never') return new Promise(() => undefined)
    await answering(`sign in: ${next}`)
    note({ type: 'reauthenticating', answered: true })
    if (next === 'fails') throw new Error('no dialog')
    if (next === 'same user') become('alice')
    if (next === 'other user') become('bob')
    return next !== 'given up'
  }

  become('alice')
  return {
    reauthenticate: plan.signIns && reauthenticate,
    source: {
      provider: { getTokens, signOut },
      watch: (heard) => {
        listener = heard
        return () => (listener = undefined)
      },
    },
    accepts: (token = '') => !revoked.has(token) && trueTimeS() < (issuedAtS.get(token) ?? 0) + LIFETIME_S,
    revoke: () => {
      if (stored) revoked.add(stored)
    },
    become,
    refresh: () => {
      if (user) stored = mint(user)
    },
    tell,
  }
}

/** Unlike the device's wall clock, the servers' is never corrected. */
function trueTimeS(): number {
  return Math.floor((START_MS + performance.now()) / 1000)
}

function failure(name: string): Error {
  return Object.assign(new Error(name), { name })
}
