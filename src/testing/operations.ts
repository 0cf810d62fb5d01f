import { isRecord } from './checks.js'
import { CognitoError } from './cognitoError.js'
import type { UserPoolSettings } from './options.js'
import type { Operation } from './operationNames.js'
import type { RefreshedTokens, Sessions } from './sessions.js'
import type { PoolUser, Users } from './users.js'
import type { TokenCheck } from './tokenCheck.js'

type Input = Record<string, unknown>
export type Operations = Record<Operation, (input: Input) => object | Promise<object>>

/** The operations as Cognito documents them: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/ */
export function createOperations(
  settings: UserPoolSettings,
  users: Users,
  sessions: Sessions,
  checkToken: TokenCheck,
): Operations {
  function checkClient(input: Input): void {
    const clientId = readString(input, 'ClientId')
    if (clientId === settings.clientId) return
    throw new CognitoError('ResourceNotFoundException', `User pool client ${clientId} does not exist.`)
  }

  /** Answers as a pool that does not tell whether a user exists (PreventUserExistenceErrors, the console's default). */
  function authenticate(username: string, password: string): PoolUser {
    const user = users.find(username)
    if (user?.password !== password) {
      throw new CognitoError('NotAuthorizedException', 'Incorrect username or password.')
    }
    if (!user.enabled) throw new CognitoError('NotAuthorizedException', 'User is disabled.')
    return user
  }

  async function owner(accessToken: string): Promise<PoolUser> {
    const verdict = await checkToken(accessToken)
    if (!verdict.valid) throw new CognitoError('NotAuthorizedException', REFUSALS[verdict.reason])
    const { claims, user } = verdict.token
    if (claims.token_use !== 'access') throw new CognitoError('NotAuthorizedException', REFUSALS.invalid)
    return user
  }

  function authenticationResult({ accessToken, idToken, refreshToken }: RefreshedTokens): object {
    const ExpiresIn = Math.floor(settings.accessTokenValidityMs / 1000)
    const tokens = { AccessToken: accessToken, IdToken: idToken, RefreshToken: refreshToken }
    return { AuthenticationResult: { ...tokens, ExpiresIn, TokenType: 'Bearer' } }
  }

  async function initiateAuth(flow: string, parameters: Input): Promise<object> {
    if (flow === 'USER_PASSWORD_AUTH') {
      const user = authenticate(readString(parameters, 'USERNAME'), readString(parameters, 'PASSWORD'))
      return authenticationResult(await sessions.start(user))
    }
    const isRefresh = flow === 'REFRESH_TOKEN_AUTH' || flow === 'REFRESH_TOKEN'
    // Cognito has no such flow for a client that rotates: only GetTokensFromRefreshToken refreshes there.
    if (isRefresh && settings.rotation === false) {
      return authenticationResult(await sessions.refresh(readString(parameters, 'REFRESH_TOKEN')))
    }
    throw new CognitoError(
      'InvalidParameterException',
      `${flow} flow not enabled for this client${hint(flow)}`,
    )
  }

  return {
    async InitiateAuth(input) {
      checkClient(input)
      const parameters = isRecord(input['AuthParameters']) ? input['AuthParameters'] : {}
      return { ...(await initiateAuth(readString(input, 'AuthFlow'), parameters)), ChallengeParameters: {} }
    },
    async GetTokensFromRefreshToken(input) {
      checkClient(input)
      return authenticationResult(await sessions.refresh(readString(input, 'RefreshToken')))
    },
    RevokeToken(input) {
      checkClient(input)
      sessions.end(readString(input, 'Token'))
      return {}
    },
    async GlobalSignOut(input) {
      const user = await owner(readString(input, 'AccessToken'))
      sessions.revokeRefreshTokens(user)
      sessions.revokeAccessTokens(user)
      return {}
    },
    async GetUser(input) {
      const { username, sub, attributes } = await owner(readString(input, 'AccessToken'))
      const entries = Object.entries({ ...attributes, sub })
      return { Username: username, UserAttributes: entries.map(([Name, Value]) => ({ Name, Value })) }
    },
  }
}

const REFUSALS = {
  invalid: 'Invalid Access Token',
  expired: 'Access Token has expired',
  revoked: 'Access Token has been revoked',
} as const

function readString(input: Input, name: string): string {
  const value = input[name]
  if (typeof value === 'string' && value !== '') return value
  throw new CognitoError('InvalidParameterException', `Missing required parameter ${name}`)
}

/** Amplify's `signIn` asks for SRP unless it is told otherwise, which the plain refusal would not say. */
function hint(flow: string): string {
  return flow === 'USER_SRP_AUTH' ? ": call signIn with options: { authFlowType: 'USER_PASSWORD_AUTH' }" : ''
}
