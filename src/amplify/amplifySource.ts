import { Amplify } from 'aws-amplify'
import { fetchAuthSession } from 'aws-amplify/auth'
import { Hub } from 'aws-amplify/utils'
import type { TokenSource } from '../manager/source.js'
import type { TokenProvider } from '../manager/types.js'
import { toBearerError } from './toBearerError.js'

/**
 * The tokens of whatever `Amplify.configure` was given, and Amplify's Hub for changes that others make.
 *
 * Tokens are read below `fetchAuthSession` where that is possible: it also fetches AWS credentials, and fails when those do.
 */
export function amplifySource(): TokenSource {
  const amplify: Partial<TokenProvider> = Amplify
  let failure: unknown
  return {
    provider: {
      async getTokens(options) {
        // From 6.22 on; before that, only the session with its AWS credentials is to be had.
        const tokens = amplify.getTokens
          ? await amplify.getTokens(options)
          : (await fetchAuthSession(options)).tokens
        // Amplify clears the tokens on NotAuthorizedException, and resolves as if nobody had been signed in.
        const cause = failure
        failure = undefined
        if (!tokens && cause) throw toBearerError(cause)
        return tokens
      },
    },
    watch: (listener) =>
      Hub.listen(
        'auth',
        ({ payload }) => {
          // Told of being offline as well: no change of the session.
          failure = payload.event === 'tokenRefresh_failure' && payload.data.error
          if (!failure) listener(payload.event)
        },
        { enableCrossTabEvents: true },
      ),
  }
}
