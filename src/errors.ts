/**
 * What went wrong with the token:
 *
 * - `sessionExpired`: the grant was rejected (refresh token expired, revoked or used up). The only code that means "sign in again".
 * - `signedOut`: the user signed out while the request was waiting or under way.
 * - `userChanged`: the session belongs to another user than the request was made for.
 * - `offline`: the token service could not be reached.
 * - `throttled`: the token service answered "too many requests".
 * - `serviceError`: the token service or the token provider failed in another way.
 * - `refreshTimeout`: no answer within `refreshTimeoutMs`.
 * - `invalidToken`: the token provider returned something that is no bearer token.
 * - `readOnly`: the token has to be refreshed where that cannot be done, as in a Server Component of Next.js.
 * - `tokenRefused`: the API refuses a token that has just been refreshed; another refresh would not help.
 * - `closed`: the token manager was closed.
 */
export type BearerErrorCode =
  | 'sessionExpired'
  | 'signedOut'
  | 'userChanged'
  | 'offline'
  | 'throttled'
  | 'serviceError'
  | 'refreshTimeout'
  | 'invalidToken'
  | 'readOnly'
  | 'tokenRefused'
  | 'closed'

const RETRYABLE = /offline|throttled|serviceError|refreshTimeout/

/** Why a request has no (fresh) token. Its message is its code; neither that nor any field holds a token. */
export class BearerError extends Error {
  override readonly name = 'BearerError'
  /** What went wrong. */
  readonly code = this.message as BearerErrorCode
  /** Whether the same call may succeed later without anybody signing in again. */
  readonly retryable = RETRYABLE.test(this.message)

  /** `cause` is what the token provider threw, if it did. */
  constructor(code: BearerErrorCode, cause?: unknown) {
    super(code, { cause })
  }
}

/** Tells a {@link BearerError}, also one of another realm or of another copy of this package. */
export function isBearerError(value: unknown): value is BearerError {
  return (Object(value) as Partial<Error>).name === 'BearerError'
}

/** Refuses a wrong option. `given` must hold no secrets: of objects and functions, give their type. @throws TypeError */
export function assertOption(holds: unknown, name: string, given: unknown, wanted: string): asserts holds {
  if (!holds) throw new TypeError(`amplify-bearer: ${name} must be ${wanted}, not ${JSON.stringify(given)}`)
}

/** @throws TypeError where what has to be a function, or to have one, is something else */
export function assertFunction(given: unknown, name: string): void {
  assertOption(typeof given === 'function', name, typeof given, 'a function')
}
