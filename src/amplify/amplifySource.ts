import { Amplify } from 'aws-amplify'
import { signOut } from 'aws-amplify/auth'
import * as cognito from 'aws-amplify/auth/cognito'
import { Hub } from 'aws-amplify/utils'
import { AMPLIFY_BEARER, type TokenSource } from '../manager/source.js'
import type { ProvidedTokens, SignOutOptions, TokenProvider } from '../manager/types.js'
import { clientId, currentRead, sessionOf } from './guardedRead.js'
import { toBearerError } from './toBearerError.js'

/**
 * The tokens of whatever `Amplify.configure` was given, and Amplify's Hub for changes that others make.
 *
 * Tokens are read below `fetchAuthSession`: it also fetches AWS credentials, and fails when those do.
 */
export function amplifySource(): TokenSource {
  // From 6.22 on; before that, only the provider that Amplify has by default.
  const amplify: TokenProvider = 'getTokens' in Amplify ? Amplify : cognito.cognitoUserPoolsTokenProvider
  let failure: unknown
  /** Of whom there were tokens last. */
  let last: ProvidedTokens | undefined
  const provider = {
    [AMPLIFY_BEARER]: true,
    signOut: (options?: SignOutOptions) => signOut(options as Parameters<typeof signOut>[0]),
    async getTokens(options?: { forceRefresh?: boolean }): Promise<ProvidedTokens | null | undefined> {
      try {
        const tokens = await read(options)
        // Amplify clears the tokens on NotAuthorizedException, and resolves as if nobody had been signed in.
        if (!tokens && failure) throw toBearerError(failure)
        last = tokens ?? last
        return tokens
      } finally {
        failure = undefined
      }
    },
  }
  const read: TokenProvider['getTokens'] = (options) =>
    amplify.getTokens({ ...options, [AMPLIFY_BEARER]: provider } as typeof options)

  async function wasRejected(): Promise<boolean | undefined> {
    const guard = currentRead()[AMPLIFY_BEARER]
    return guard && last && (await guard.rejectedSession()) === sessionOf(last)
  }

  async function unlessSignedIn(listener: (change: string) => void): Promise<void> {
    if (await read().catch(() => true)) return
    listener((await wasRejected()) ? 'sessionExpired' : 'signedOut')
  }

  return {
    provider,
    wasRejected,
    lockName: () =>
      // Another manager's guard takes the lock when it is asked.
      (currentRead()[AMPLIFY_BEARER]?.owner ?? provider) === provider
        ? `${AMPLIFY_BEARER}:${clientId()}`
        : undefined,
    watch(listener) {
      const stops = [
        Hub.listen(
          'auth',
          ({ payload, crossTab }) => {
            const { event } = payload
            // Told of being offline as well: no change of the session.
            failure = event === 'tokenRefresh_failure' && payload.data.error
            // Of other tabs it tells what users of other clients do as well.
            if (crossTab && event === 'signedOut') void unlessSignedIn(listener)
            else if (!failure) listener(event)
          },
          { enableCrossTabEvents: true },
        ),
        // `Amplify.configure`
        Hub.listen('core', ({ payload }) => {
          listener(payload.event)
        }),
      ]
      return () => {
        for (const stop of stops) stop()
      }
    },
  }
}
