import { assertOption, BearerError } from '../errors.js'
import { AMPLIFY_BEARER } from '../manager/source.js'
import type { TokenManager } from '../manager/types.js'
import type { Read } from './guardedRead.js'
import { pick, reachInside, type ReadOptions } from './inside.js'

/**
 * Puts a read of its own in the place of Amplify's, at run time: from now on Amplify's own token reads
 * (`fetchAuthSession`, `getCurrentUser`, Data, API, other managers) get what the manager has, and wait for its refresh, as
 * its own callers do: there is one refresh, and nobody signs anybody out. Once, at module level, not in a component;
 * before or after `Amplify.configure`, with any key-value storage. Returns the undo; call it before you close the manager.
 * Of several guards the last counts, until it is undone.
 *
 * A token provider of your own around Cognito's has to hand on the options that it gets, as they are.
 *
 * @example
 * const tokens = createTokenManager()
 * guardAmplify(tokens)
 *
 * @throws TypeError for a manager with a `tokenProvider` of its own (Next.js' `serverTokenProvider` will do), and where aws-amplify has changed inside;
 * BearerError for a closed manager
 */
export function guardAmplify(manager: TokenManager): () => void {
  const { tokenProvider } = Object(manager) as Partial<TokenManager>
  assertOption(
    tokenProvider && AMPLIFY_BEARER in tokenProvider,
    "guardAmplify's manager",
    tokenProvider ? 'one with a tokenProvider' : typeof manager,
    'a token manager that was created without tokenProvider',
  )
  if (manager.closed) throw new BearerError('closed')
  const { look, refresh, install } = reachInside()
  /** Whose metadata a refresh sends. */
  let asker: ReadOptions = {}

  return install(tokenProvider, (amplifys) => {
    async function shared(options: ReadOptions): ReturnType<Read> {
      if (options.clientMetadata) asker = options
      try {
        const tokens = await manager.getTokens({ forceRefresh: options.forceRefresh })
        return (
          tokens && (pick(tokens, ['accessToken', 'idToken', 'signInDetails']) as Awaited<ReturnType<Read>>)
        )
      } catch (error) {
        if (manager.closed) return await amplifys(options)
        // As Amplify tells it: nobody is signed in (any more), or its own error.
        const { code, cause } = error as BearerError
        const { name = 'NotAuthorizedException' } = Object(cause) as Partial<Error>
        if (/signedOut|sessionExpired/.test(code) && name === 'NotAuthorizedException') return null
        throw cause ?? error
      } finally {
        if (asker === options) asker = {}
      }
    }

    return (options = {}) => {
      if (manager.closed) return amplifys(options)
      if (Reflect.get(options, AMPLIFY_BEARER) !== tokenProvider) return shared(options)
      return (options.forceRefresh ? refresh(asker) : look()) as ReturnType<Read>
    }
  })
}
