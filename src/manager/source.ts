import type { TokenProvider } from './types.js'

/** The property by which a guard's read is known, whose read it is, and that a provider's own reads do not come by the guard. */
export const AMPLIFY_BEARER = 'amplify-bearer'

/** Where a manager gets its tokens, and how it hears of changes that others make. */
export interface TokenSource {
  readonly provider: TokenProvider
  /** For one request, after which nobody closes the manager: it must leave nothing behind, no listener either. */
  readonly isForOneRequest?: boolean
  /** What all who share the session call their lock; `undefined`: none is needed. */
  readonly lockName?: () => string | undefined
  /** Where nobody is signed in any more: whether the grant was rejected, here or elsewhere, or somebody has signed out; if that is known. */
  readonly wasRejected?: () => Promise<boolean | undefined>
  /**
   * Calls `listener` with `'signedIn'`, `'signedOut'`, `'sessionExpired'`, `'tokenRefresh'`, or anything else for other changes; returns
   * what stops that.
   */
  readonly watch?: (listener: (change: string) => void) => () => void
}
