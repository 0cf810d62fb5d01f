import type { TokenEvent } from '../../src/index.js'

export type User = 'alice' | 'bob'
export type Change = 'signedIn' | 'signedOut' | 'tokenRefresh'

/** What can be seen from outside the token manager; `caller` and `call` are numbers in order of appearance. */
export type Fact =
  /** `owner`: of the refused token, for callers that ask with one. */
  | { type: 'asked'; caller: number; owner?: string | undefined }
  | { type: 'sent'; caller: number; token: string | undefined }
  | { type: 'got'; caller: number; token: string | undefined }
  | { type: 'aborted'; caller: number }
  /** Was not settled at once when it was aborted. */
  | { type: 'lingered'; caller: number }
  | { type: 'settled'; caller: number; error?: unknown }
  | { type: 'called'; call: number; forced: boolean }
  /** `token`: none for nobody; `failed`: it threw. */
  | { type: 'answered'; call: number; token?: string | undefined; failed?: boolean }
  | { type: 'changed'; change: Change }
  /** `clockSet`: forward or back. */
  | { type: 'online' | 'clockSet' }
  | { type: 'closed' }
  /** The manager signs out; `signedOut`: it is done. */
  | { type: 'signingOut' | 'signedOut' }
  /** The application is asked to sign its user in again, or has answered. */
  | { type: 'reauthenticating'; answered: boolean }
  | { type: 'told'; event: TokenEvent }

export type DatedFact = Fact & { readonly atMs: number }

/** Everything that happened in one world. */
export interface History {
  readonly facts: readonly DatedFact[]
  /** The manager's `refreshTimeoutMs`. */
  readonly deadlineMs: number
  /** Whether steps followed each other within a few microtasks, instead of once everything had come to rest. */
  readonly ragged: boolean
  readonly stats: unknown
  /** Abort listeners that were added and not removed, by caller. */
  readonly listeners: readonly number[]
}

/** No token is without it; nothing else holds it. */
export const SECRET = 'SECRET'

export function tokenOf(user: User, serial: number): string {
  return `${user}.${serial}.${SECRET}`
}

export function subjectOf(token: string): string | undefined {
  return token.split('.')[0]
}
