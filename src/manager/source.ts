import type { TokenProvider } from './types.js'

/** Where a manager gets its tokens, and how it hears of changes that others make. */
export interface TokenSource {
  readonly provider: TokenProvider
  /** Calls `listener` with `'signedIn'`, `'signedOut'` or `'tokenRefresh'`; returns what stops that. */
  readonly watch?: (listener: (change: string) => void) => () => void
}
