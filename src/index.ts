import { amplifySource } from './amplify/amplifySource.js'
import { toBearerError } from './amplify/toBearerError.js'
import { createManager } from './manager/createManager.js'
import type { TokenManager, TokenManagerOptions } from './manager/types.js'

export { guardAmplify } from './amplify/guardAmplify.js'
export { BearerError, isBearerError, type BearerErrorCode } from './errors.js'
export { wrapFetch, type BearerFetch, type BearerRequestInit } from './fetch/wrapFetch.js'
export type { BearerOptions } from './http/bearer.js'
export type { AppLifecycle } from './manager/lifecycle.js'
export type {
  AbortSignalLike,
  AutoRefreshOptions,
  GetTokenOptions,
  ProvidedTokens,
  ReauthenticationContext,
  RefreshLock,
  RefreshReason,
  SignOutOptions,
  TokenEvent,
  TokenManager,
  TokenManagerOptions,
  TokenOutcome,
  TokenProvider,
  TokenStats,
} from './manager/types.js'
export type { Jwt } from './token/token.js'

/**
 * Creates what owns the session's token and the one refresh in flight. One an application; on a server one a user,
 * with a `tokenProvider` of its own.
 *
 * @throws TypeError for a wrong option
 */
export function createTokenManager({ tokenProvider, ...options }: TokenManagerOptions = {}): TokenManager {
  const source = tokenProvider === undefined ? amplifySource() : { provider: tokenProvider }
  return createManager(source, toBearerError, options)
}
