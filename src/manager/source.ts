import type { TokenProvider } from './types.js'

/** Where a manager gets its tokens, and how it hears of changes that others make. */
export interface TokenSource {
  readonly provider: TokenProvider
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
