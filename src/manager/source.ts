import type { BearerError } from '../errors.js'
import type { TokenProvider } from './types.js'

/** Where a manager gets its tokens, what that source's failures mean, and how it tells of changes that others make: of `'signedIn'`, `'signedOut'`, `'tokenRefresh'`. */
export interface TokenSource extends TokenProvider {
  toBearerError(cause: unknown): BearerError
  watch?(listener: (change: string) => void): () => void
}
