import { assertOption, BearerError } from '../errors.js'
import type { ProvidedTokens, TokenManager } from '../manager/types.js'
import { AMPLIFY_BEARER } from './amplifySource.js'
import { reachInside, type Read, type ReadOptions } from './inside.js'

/**
 * From now on Amplify's own token reads (`fetchAuthSession`, `getCurrentUser`, Data, API, other managers) get what the
 * manager has, and wait for its refresh, as its own callers do: there is one refresh, and nobody signs anybody out.
 * Before or after `Amplify.configure`, with any key-value storage. Returns the undo; the last of several guards counts.
 *
 * @throws TypeError for a manager with a `tokenProvider` of its own, and where aws-amplify has changed inside;
 * BearerError for a closed manager
 */
export function guardAmplify(manager: TokenManager): () => void {
  const { tokenProvider } = Object(manager) as Partial<TokenManager>
  const isAmplifys = AMPLIFY_BEARER in (Object(tokenProvider) as object)
  assertOption(
    isAmplifys,
    'manager.tokenProvider',
    typeof tokenProvider,
    "Amplify's: createTokenManager's default",
  )
  if (manager.closed) throw new BearerError('closed')
  const { look, refresh, install } = reachInside()
  /** With the metadata for the next refresh, whose ever that is. */
  let wish: ReadOptions = {}

  async function shared(options: ReadOptions): Promise<ProvidedTokens | null> {
    if (options.clientMetadata) wish = options
    try {
      return await manager.getTokens({ forceRefresh: options.forceRefresh })
    } catch (error) {
      // As Amplify tells it: nobody is signed in (any more), or its own error.
      const { code, cause } = error as BearerError
      const { name = 'NotAuthorizedException' } = Object(cause) as Partial<Error>
      if (/signedOut|sessionExpired/.test(code) && name === 'NotAuthorizedException') return null
      throw cause ?? error
    }
  }

  function direct({ forceRefresh }: ReadOptions): Promise<ProvidedTokens | null> {
    if (!forceRefresh) return look()
    const options = wish
    wish = {}
    return refresh(options)
  }

  return install((amplifys) => (options = {}) => {
    if (manager.closed) return amplifys(options)
    const read = Reflect.get(options, AMPLIFY_BEARER) === tokenProvider ? direct : shared
    return read(options) as ReturnType<Read>
  })
}
