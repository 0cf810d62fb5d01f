import { fetchAuthSession, fetchUserAttributes, getCurrentUser, signIn, signOut } from 'aws-amplify/auth'
import { setupServer } from 'msw/node'
import { createUserPool } from '../../src/testing/index.js'
import type { AmplifyConfig, UserPool } from '../../src/testing/index.js'
import { configureAmplify, signInAlice, signInAs } from './amplify.js'

interface Connection {
  config: AmplifyConfig
  close: () => Promise<void> | void
}

function connectByMsw(pool: UserPool): Promise<Connection> {
  const server = setupServer(...pool.handlers())
  server.listen({ onUnhandledRequest: 'error' })
  const close = () => {
    server.close()
  }
  return Promise.resolve({ config: pool.amplifyConfig(), close })
}

async function connectByLoopback(pool: UserPool): Promise<Connection> {
  const endpoint = await pool.listen()
  return { config: endpoint.amplifyConfig(), close: () => endpoint.close() }
}

describe.each([
  ['MSW handlers', connectByMsw],
  ['a loopback endpoint', connectByLoopback],
])('the real Amplify, through %s', (_name, connect) => {
  let pool: UserPool
  let connection: Connection

  beforeEach(async () => {
    pool = createUserPool({
      users: [
        {
          username: 'alice',
          password: 'wonderland',
          sub: 'sub-of-alice',
          attributes: { email: 'alice@example.com', email_verified: 'true' },
          groups: ['admins'],
        },
        { username: 'bob', password: 'builder' },
      ],
    })
    connection = await connect(pool)
    // Amplify warns of every endpoint that is not Cognito's own.
    jest.spyOn(console, 'warn').mockReturnValue()
    configureAmplify(connection.config)
  })

  afterEach(async () => {
    await connection.close()
    await pool.close()
  })

  it('signs a user in', async () => {
    await expect(signInAlice()).resolves.toMatchObject({ isSignedIn: true })

    await expect(getCurrentUser()).resolves.toMatchObject({ username: 'alice', userId: 'sub-of-alice' })
    const { tokens } = await fetchAuthSession()
    expect(tokens?.accessToken.payload).toMatchObject({
      token_use: 'access',
      username: 'alice',
      client_id: pool.clientId,
      iss: pool.issuer,
      scope: 'aws.cognito.signin.user.admin',
      'cognito:groups': ['admins'],
    })
    expect(tokens?.idToken?.payload).toMatchObject({
      token_use: 'id',
      'cognito:username': 'alice',
      aud: pool.clientId,
      email: 'alice@example.com',
      email_verified: true,
    })
  })

  it.each([
    ['a wrong password', 'alice', 'looking-glass'],
    ['an unknown user', 'carol', 'wonderland'],
  ])('refuses %s in the same words', async (_case, username, password) => {
    await expect(signInAs(username, password)).rejects.toMatchObject({
      name: 'NotAuthorizedException',
      message: 'Incorrect username or password.',
    })
  })

  it('tells a test that forgot the flow which one to ask for', async () => {
    await expect(signIn({ username: 'alice', password: 'wonderland' })).rejects.toThrow(
      "USER_SRP_AUTH flow not enabled for this client: call signIn with options: { authFlowType: 'USER_PASSWORD_AUTH' }",
    )
  })

  it('refreshes for the same sign-in', async () => {
    await signInAlice()
    const before = (await fetchAuthSession()).tokens?.accessToken

    const after = (await fetchAuthSession({ forceRefresh: true })).tokens?.accessToken

    expect(pool.callCount('GetTokensFromRefreshToken')).toBe(1)
    expect(after?.toString()).not.toBe(before?.toString())
    expect(after?.payload.jti).not.toBe(before?.payload.jti)
    expect(after?.payload['origin_jti']).toBe(before?.payload['origin_jti'])
  })

  it('serves the user attributes', async () => {
    await signInAlice()

    await expect(fetchUserAttributes()).resolves.toEqual({
      email: 'alice@example.com',
      email_verified: 'true',
      sub: 'sub-of-alice',
    })
  })

  it('revokes the session on sign-out, and no other session', async () => {
    await signInAlice()
    const { tokens } = await fetchAuthSession()
    const otherDevice = await pool.issue('alice')

    await signOut()

    expect(pool.calls.at(-1)).toMatchObject({ operation: 'RevokeToken', outcome: 'ok' })
    await expect(pool.verify(tokens?.accessToken.toString())).resolves.toBeNull()
    await expect(pool.verify(tokens?.idToken?.toString())).resolves.toBeNull()
    await expect(pool.verify(otherDevice.accessToken)).resolves.not.toBeNull()
    await expect(getCurrentUser()).rejects.toMatchObject({ name: 'UserUnAuthenticatedException' })
  })

  it('revokes all of the user’s sessions on a global sign-out', async () => {
    await signInAlice()
    const otherDevice = await pool.issue('alice')
    const otherUser = await pool.issue('bob')

    await signOut({ global: true })

    expect(pool.calls.at(-1)).toMatchObject({ operation: 'GlobalSignOut', outcome: 'ok' })
    await expect(pool.verify(otherDevice.accessToken)).resolves.toBeNull()
    await expect(pool.verify(otherUser.accessToken)).resolves.not.toBeNull()
  })

  it.each([
    [
      'revoked refresh tokens',
      (pool: UserPool) => {
        pool.revokeRefreshTokens('alice')
      },
    ],
    [
      'a disabled user',
      (pool: UserPool) => {
        pool.disableUser('alice')
      },
    ],
    [
      'a session that is over',
      (pool: UserPool) => {
        pool.clockSkewMs = 31 * 86_400_000
      },
    ],
  ])('rejects the refresh of %s, so that Amplify signs the user out', async (_case, reject) => {
    await signInAlice()

    reject(pool)

    // Amplify turns NotAuthorizedException into a session without tokens.
    await expect(fetchAuthSession({ forceRefresh: true })).resolves.toMatchObject({ tokens: undefined })
    expect(pool.calls.at(-1)).toMatchObject({ outcome: 'NotAuthorizedException' })
    await expect(getCurrentUser()).rejects.toMatchObject({ name: 'UserUnAuthenticatedException' })
  })

  it('does not let a disabled user sign in', async () => {
    pool.disableUser('alice')

    await expect(signInAlice()).rejects.toMatchObject({ message: 'User is disabled.' })
  })

  it('lets a user who was added later sign in', async () => {
    pool.addUser({ username: 'carol', password: 'christmas' })

    await expect(signInAs('carol', 'christmas')).resolves.toMatchObject({ isSignedIn: true })
  })
})
