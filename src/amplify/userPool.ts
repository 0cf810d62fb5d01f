import { decodeJWT } from 'aws-amplify/auth'
import { refreshAuthTokensWithoutDedupe } from 'aws-amplify/auth/cognito'
import { parseAmplifyConfig } from 'aws-amplify/utils'
import { assertOption } from '../errors.js'
import type { Jwt } from '../token/token.js'

/** What `Amplify.configure` takes: a resources configuration, or the contents of `amplify_outputs.json`. */
export type AmplifyConfig = Parameters<typeof parseAmplifyConfig>[0]

/** The tokens of one session, as they are sent and stored. Plain JSON. */
export interface TokenSet {
  readonly accessToken: string
  readonly idToken: string | undefined
  readonly refreshToken: string
}

/** What a refresh goes by. */
export interface Grant {
  readonly username: string
  readonly refreshToken: string
  /** Of a remembered device: the refresh token is bound to it. */
  readonly deviceKey: string | undefined
}

/** A user pool's app client, without Amplify's singleton: many users share one server. */
export interface UserPoolClient {
  readonly clientId: string
  /** Newly issued tokens. Amplify's own call: up to three attempts, its error names. */
  refresh(grant: Grant): Promise<TokenSet>
  /** Revokes the refresh token, and with it all access tokens it has brought. Whether that went well; never rejects. */
  revoke(refreshToken: string): Promise<boolean>
  /** Ends all sessions of the user. Whether that went well; never rejects. */
  signOutEverywhere(accessToken: string): Promise<boolean>
}

/** Whoever signs out waits for the user pool no longer than this. */
const PATIENCE_MS = 3_000

/**
 * `onError` hears what no caller can mend: a revocation that failed.
 *
 * @throws TypeError where the configuration names no user pool
 */
export function userPoolClient(config: AmplifyConfig, onError: (error: Error) => void): UserPoolClient {
  const { Auth: authConfig } = parseAmplifyConfig(config)
  const cognito = authConfig?.Cognito
  assertOption(
    authConfig && cognito?.userPoolId && cognito.userPoolClientId,
    'config',
    typeof config,
    'what Amplify.configure takes, with Auth.Cognito.userPoolId and userPoolClientId',
  )
  const { userPoolId, userPoolClientId: clientId, userPoolEndpoint } = cognito
  const [region = ''] = userPoolId.split('_')
  const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'
  const endpoint = userPoolEndpoint ?? `https://cognito-idp.${region}.${suffix}/`

  /** Amplify exports no function for these (https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference). */
  async function call(operation: 'RevokeToken' | 'GlobalSignOut', input: object): Promise<boolean> {
    try {
      const response = await fetch(endpoint, {
        method: 'POST',
        cache: 'no-store',
        signal: AbortSignal.timeout(PATIENCE_MS),
        headers: {
          'content-type': 'application/x-amz-json-1.1',
          'x-amz-target': `AWSCognitoIdentityProviderService.${operation}`,
        },
        body: JSON.stringify(input),
      })
      await response.body?.cancel()
      if (!response.ok) throw new Error(`answered with ${response.status}`)
      return true
    } catch (cause) {
      onError(
        new Error(`amplify-bearer: ${operation} failed: what it was to end stays valid until it expires`, {
          cause,
        }),
      )
      return false
    }
  }

  return {
    clientId,
    async refresh({ username, refreshToken, deviceKey }) {
      const issued = await refreshAuthTokensWithoutDedupe({
        tokens: {
          // It has to be there, but is not used.
          accessToken: { payload: {} },
          refreshToken,
          ...(deviceKey && { deviceMetadata: { deviceKey, randomPassword: '' } }),
          clockDrift: 0,
          username,
        },
        authConfig,
        username,
      })
      return {
        accessToken: issued.accessToken.toString(),
        idToken: issued.idToken?.toString(),
        refreshToken: issued.refreshToken ?? refreshToken,
      }
    },
    revoke: (Token) => call('RevokeToken', { ClientId: clientId, Token }),
    signOutEverywhere: (AccessToken) => call('GlobalSignOut', { AccessToken }),
  }
}

/** A stored token with its claims, which nobody has verified; `undefined` for what is no JWT. */
export function decodeToken(value: string | undefined): Jwt | undefined {
  try {
    return value === undefined ? undefined : decodeJWT(value)
  } catch {
    return undefined
  }
}
