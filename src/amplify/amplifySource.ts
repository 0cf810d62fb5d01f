import { Amplify } from 'aws-amplify'
import { fetchAuthSession } from 'aws-amplify/auth'
import { Hub } from 'aws-amplify/utils'
import type { TokenSource } from '../manager/source.js'
import type { ProvidedTokens, TokenProvider } from '../manager/types.js'
import { toBearerError } from './toBearerError.js'

/**
 * The tokens of whatever `Amplify.configure` was given, and Amplify's Hub for changes that others make.
 *
 * Tokens are read below `fetchAuthSession` where that is possible: it also fetches AWS credentials, and fails when those do.
 */
export function amplifySource(): TokenSource {
  let failure: unknown
  return {
    async getTokens(options = {}) {
      failure = undefined
      const tokens = await readTokens(options)
      // Amplify clears the tokens on NotAuthorizedException, and resolves as if nobody had been signed in.
      if (!tokens && failure) throw toBearerError(failure)
      return tokens
    },
    toBearerError,
    watch: (listener) =>
      Hub.listen(
        'auth',
        ({ payload }) => {
          // Told of being offline as well: no change of the session.
          if (payload.event === 'tokenRefresh_failure') failure = payload.data.error
          else listener(payload.event)
        },
        { enableCrossTabEvents: true },
      ),
  }
}

/** `Amplify.getTokens` is there from 6.22 on; before that, only the session with its AWS credentials is to be had. */
async function readTokens(options: { forceRefresh?: boolean }): Promise<ProvidedTokens | null | undefined> {
  const amplify: object = Amplify
  return isTokenProvider(amplify) ? amplify.getTokens(options) : (await fetchAuthSession(options)).tokens
}

function isTokenProvider(amplify: object): amplify is TokenProvider {
  return 'getTokens' in amplify
}
