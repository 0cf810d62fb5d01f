import { Amplify } from 'aws-amplify'
import * as cognito from 'aws-amplify/auth/cognito'
import { Hub } from 'aws-amplify/utils'
import type { TokenSource } from '../manager/source.js'
import type { ProvidedTokens, TokenProvider } from '../manager/types.js'
import { toBearerError } from './toBearerError.js'

/** The option by which the guard knows whose read it is, and the Hub channel on which it tells of what Amplify writes. */
export const AMPLIFY_BEARER = 'amplify-bearer'

/**
 * The tokens of whatever `Amplify.configure` was given, and Amplify's Hub for changes that others make.
 *
 * Tokens are read below `fetchAuthSession`: it also fetches AWS credentials, and fails when those do.
 */
export function amplifySource(): TokenSource {
  // From 6.22 on; before that, only the provider that Amplify has by default.
  const amplify: TokenProvider = 'getTokens' in Amplify ? Amplify : cognito.cognitoUserPoolsTokenProvider
  let failure: unknown
  const provider = {
    [AMPLIFY_BEARER]: true,
    async getTokens(options: { forceRefresh?: boolean }): Promise<ProvidedTokens | null | undefined> {
      const own = { ...options, [AMPLIFY_BEARER]: provider }
      const tokens = await amplify.getTokens(own)
      // Amplify clears the tokens on NotAuthorizedException, and resolves as if nobody had been signed in.
      const cause = failure
      failure = undefined
      if (!tokens && cause) throw toBearerError(cause)
      return tokens
    },
  }
  return {
    provider,
    lockName: () => `${AMPLIFY_BEARER}:${Amplify.getConfig().Auth?.Cognito.userPoolClientId}`,
    watch(listener) {
      const hear = ({ payload }: { payload: { event: string } }): void => {
        listener(payload.event)
      }
      const stops = [
        Hub.listen(
          'auth',
          (told) => {
            // Told of being offline as well: no change of the session.
            failure = told.payload.event === 'tokenRefresh_failure' && told.payload.data.error
            if (!failure) hear(told)
          },
          { enableCrossTabEvents: true },
        ),
        // `Amplify.configure`
        Hub.listen('core', hear),
        Hub.listen(AMPLIFY_BEARER, hear),
      ]
      return () => {
        for (const stop of stops) stop()
      }
    },
  }
}
