import { createCallLog } from './calls.js'
import { checkNumber } from './checks.js'
import { checkFault, createFaults } from './faults.js'
import { createHandlers } from './handlers.js'
import { serveOnLoopback } from './loopback.js'
import type { Loopback } from './loopback.js'
import { createOperations } from './operations.js'
import { checkClockSkew, checkLatency, readOptions } from './options.js'
import type { UserPoolOptions } from './options.js'
import { createResponder } from './responder.js'
import { checkIssueOptions, createSessions } from './sessions.js'
import { createSigningKey } from './signingKey.js'
import { bearerToken, createTokenCheck } from './tokenCheck.js'
import type { AmplifyConfig, UserPool } from './types.js'
import { checkUser, createUsers } from './users.js'
import { createWaits } from './waits.js'

/**
 * Creates a Cognito user pool in memory, which the real aws-amplify signs in to, refreshes against and signs out from.
 *
 * ```ts
 * const pool = createUserPool({ rotation: {} })
 * const server = setupServer(...pool.handlers())
 * server.listen()
 * Amplify.configure(pool.amplifyConfig())
 * await signIn({ username: 'alice', password: 'wonderland', options: { authFlowType: 'USER_PASSWORD_AUTH' } })
 * ```
 *
 * Nothing is shared between two pools. Times go by `Date.now()` and `setTimeout`, so fake timers rule the pool as well.
 *
 * @throws TypeError when an option is unknown or wrong; it names the option, what was given and what is wanted
 */
export function createUserPool(options: UserPoolOptions = {}): UserPool {
  const settings = readOptions(options)
  const { userPoolId, clientId } = settings
  let { clockSkewMs, latencyMs } = settings
  const endpoint = regionEndpoint(userPoolId)
  const issuer = `${endpoint}${userPoolId}`
  const jwksPath = `${userPoolId}/.well-known/jwks.json`

  const now = () => Date.now() + clockSkewMs
  const key = createSigningKey()
  const users = createUsers(settings.users)
  const sessions = createSessions({ ...settings, issuer }, key, now)
  const checkToken = createTokenCheck(key, sessions, now)
  const faults = createFaults(settings.faults)
  const calls = createCallLog()
  const waits = createWaits()
  const respond = createResponder({
    operations: createOperations(settings, users, sessions, checkToken),
    faults,
    calls,
    waits,
    latencyMs: () => (typeof latencyMs === 'function' ? latencyMs() : latencyMs),
    documents: {
      [`/${jwksPath}`]: () => key.jwks(),
      [`/${userPoolId}/.well-known/openid-configuration`]: () => Promise.resolve(openIdConfiguration(issuer)),
    },
  })
  const servers = new Set<Loopback>()

  function amplifyConfig(userPoolEndpoint?: string): AmplifyConfig {
    const client = { userPoolId, userPoolClientId: clientId }
    return { Auth: { Cognito: userPoolEndpoint === undefined ? client : { ...client, userPoolEndpoint } } }
  }

  return {
    userPoolId,
    clientId,
    issuer,
    get clockSkewMs() {
      return clockSkewMs
    },
    set clockSkewMs(value) {
      checkClockSkew(value)
      clockSkewMs = value
    },
    get latencyMs() {
      return latencyMs
    },
    set latencyMs(value) {
      checkLatency(value)
      latencyMs = value
    },
    get calls() {
      return calls.snapshot()
    },
    callCount: (operation) =>
      calls.snapshot().filter((call) => operation === undefined || call.operation === operation).length,
    amplifyConfig: () => amplifyConfig(),
    handlers: () => createHandlers(endpoint, userPoolId, respond),
    async listen(port = 0) {
      checkNumber('port', port, 0, 65_535)
      const server = await serveOnLoopback(respond, port)
      servers.add(server)
      return {
        url: server.url,
        jwksUrl: `${server.url}${jwksPath}`,
        amplifyConfig: () => amplifyConfig(server.url),
        close: server.close,
      }
    },
    async issue(username, issueOptions = {}) {
      checkIssueOptions(issueOptions)
      return sessions.start(users.get(username), issueOptions)
    },
    async verify(authorization) {
      const verdict = await checkToken(bearerToken(authorization ?? ''))
      return verdict.valid ? { ...verdict.token.claims } : null
    },
    addUser(user) {
      checkUser('user', user)
      users.add(user)
    },
    disableUser(username) {
      users.get(username).enabled = false
    },
    revokeAccessTokens(username) {
      sessions.revokeAccessTokens(username === undefined ? undefined : users.get(username))
    },
    revokeRefreshTokens(username) {
      sessions.revokeRefreshTokens(username === undefined ? undefined : users.get(username))
    },
    fail(fault, scope = {}) {
      const rule = { ...scope, fault }
      checkFault('fail', rule)
      faults.add(rule)
    },
    heal() {
      faults.clear()
      waits.resume()
    },
    async close() {
      waits.drop()
      await Promise.all([...servers].map((server) => server.close()))
      servers.clear()
    },
  }
}

/** Where Amplify finds a region's user pools when it is given no endpoint. */
function regionEndpoint(userPoolId: string): string {
  const region = userPoolId.slice(0, userPoolId.lastIndexOf('_'))
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'
  return `https://cognito-idp.${region}.${domain}/`
}

function openIdConfiguration(issuer: string): object {
  return {
    issuer,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    id_token_signing_alg_values_supported: ['RS256'],
    subject_types_supported: ['public'],
  }
}
