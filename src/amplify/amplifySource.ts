import { Amplify } from 'aws-amplify'
import { Hub } from 'aws-amplify/utils'
import type { TokenSource } from '../manager/source.js'
import type { TokenProvider } from '../manager/types.js'
import { toBearerError } from './toBearerError.js'

/**
 * The tokens of whatever `Amplify.configure` was given, and Amplify's Hub for changes that others make.
 *
 * Tokens are read below `fetchAuthSession`, which also fetches AWS credentials and fails when those do.
 */
export function amplifySource(): TokenSource {
  let failure: unknown
  return {
    async getTokens(options = {}) {
      failure = undefined
      const tokens = await tokenReader().getTokens(options)
      // Amplify clears the tokens on NotAuthorizedException, and resolves as if nobody had been signed in.
      if (!tokens && failure) throw toBearerError(failure)
      return tokens
    },
    toBearerError,
    watch: (listener) =>
      Hub.listen(
        'auth',
        ({ payload }) => {
          if (payload.event === 'tokenRefresh_failure') failure = payload.data.error
          listener(payload.event)
        },
        { enableCrossTabEvents: true },
      ),
  }
}

/** `Amplify.getTokens` is public in 6.22; older versions have the same reader at `Amplify.Auth`. */
function tokenReader(): TokenProvider {
  const amplify: TokenProvider & { Auth?: TokenProvider } = Amplify
  return amplify.Auth ?? amplify
}
