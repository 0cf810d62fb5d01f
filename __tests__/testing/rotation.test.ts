import { fetchAuthSession } from 'aws-amplify/auth'
import { setupServer } from 'msw/node'
import { createUserPool } from '../../src/testing/index.js'
import type { UserPool, UserPoolOptions } from '../../src/testing/index.js'
import { configureAmplify, signInAlice } from './amplify.js'
import { callCognito } from './cognito.js'

const ENDPOINT = 'https://cognito-idp.us-east-1.amazonaws.com/'
const server = setupServer()

beforeAll(() => {
  server.listen({ onUnhandledRequest: 'error' })
})
afterEach(() => {
  server.resetHandlers()
  jest.useRealTimers()
})
afterAll(() => {
  server.close()
})

function serve(options: UserPoolOptions): UserPool {
  const pool = createUserPool(options)
  server.use(...pool.handlers())
  configureAmplify(pool.amplifyConfig())
  return pool
}

function refresh(refreshToken: string) {
  return callCognito(ENDPOINT, 'GetTokensFromRefreshToken', {
    ClientId: 'testclient',
    RefreshToken: refreshToken,
  })
}

function freezeTime() {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate', 'setTimeout'] })
}

const ACCEPTED = {
  status: 200,
  body: { AuthenticationResult: { RefreshToken: expect.any(String) as string } },
}
const REUSED = { status: 400, body: { __type: 'RefreshTokenReuseException' } }

it('keeps the refresh token when rotation is off', async () => {
  const pool = serve({})
  const { refreshToken } = await pool.issue()

  const { body } = await refresh(refreshToken)

  expect(body).toMatchObject({ AuthenticationResult: { TokenType: 'Bearer', ExpiresIn: 3600 } })
  expect(body).not.toHaveProperty('AuthenticationResult.RefreshToken')
  await expect(refresh(refreshToken)).resolves.toMatchObject({ status: 200 })
})

it('takes Amplify from one refresh token to the next', async () => {
  const pool = serve({ rotation: {} })
  await signInAlice()

  await fetchAuthSession({ forceRefresh: true })
  const { tokens } = await fetchAuthSession({ forceRefresh: true })

  expect(tokens).toBeDefined()
  expect(pool.calls.map(({ outcome }) => outcome)).toEqual(['ok', 'ok', 'ok'])
})

it('accepts a refresh token once, and a reuse revokes nothing', async () => {
  const pool = serve({ rotation: {} })
  const { accessToken, refreshToken } = await pool.issue()

  const first = await refresh(refreshToken)
  const second = await refresh(refreshToken)

  expect(first).toMatchObject(ACCEPTED)
  expect(second).toMatchObject(REUSED)
  await expect(pool.verify(accessToken)).resolves.not.toBeNull()
})

it('lets one of two calls at once through', async () => {
  const pool = serve({ rotation: {}, latencyMs: 2 })
  const { refreshToken } = await pool.issue()

  const outcomes = await Promise.all([refresh(refreshToken), refresh(refreshToken)])

  expect(outcomes.map(({ status }) => status).sort()).toEqual([200, 400])
})

it('accepts a replaced refresh token for the grace period', async () => {
  freezeTime()
  const pool = serve({ rotation: { gracePeriodMs: 10_000 } })
  const { refreshToken } = await pool.issue()
  await refresh(refreshToken)

  jest.setSystemTime(Date.now() + 9_999)
  await expect(refresh(refreshToken)).resolves.toMatchObject(ACCEPTED)

  // The retry has not started another grace period.
  jest.setSystemTime(Date.now() + 1)
  await expect(refresh(refreshToken)).resolves.toMatchObject(REUSED)
})

it('does not prolong the session', async () => {
  freezeTime()
  const pool = serve({ rotation: {}, refreshTokenValidityMs: 60_000 })
  await signInAlice()
  jest.setSystemTime(Date.now() + 59_000)
  await fetchAuthSession({ forceRefresh: true })

  jest.setSystemTime(Date.now() + 1_000)

  await expect(fetchAuthSession({ forceRefresh: true })).resolves.toMatchObject({ tokens: undefined })
  expect(pool.calls.at(-1)).toMatchObject({ outcome: 'NotAuthorizedException' })
})

it('saves a session whose new tokens got lost on the way, with a grace period only', async () => {
  for (const [gracePeriodMs, signedIn] of [
    [10_000, true],
    [0, false],
  ] as const) {
    const pool = serve({ rotation: { gracePeriodMs } })
    await signInAlice()
    pool.fail('answerLost', { operation: 'GetTokensFromRefreshToken', times: 1 })

    // Amplify tries a network error again by itself, with the refresh token it has.
    const session = await fetchAuthSession({ forceRefresh: true }).catch((error: unknown) => error)

    expect(session).toMatchObject(signedIn ? { tokens: {} } : { name: 'RefreshTokenReuseException' })
  }
})

it.each(['REFRESH_TOKEN_AUTH', 'REFRESH_TOKEN'])(
  'answers %s without rotation, and refuses it with',
  async (flow) => {
    for (const [rotation, expected] of [
      [false, 200],
      [{}, 400],
    ] as const) {
      const { refreshToken } = await serve({ rotation }).issue()

      const answer = await callCognito(ENDPOINT, 'InitiateAuth', {
        ClientId: 'testclient',
        AuthFlow: flow,
        AuthParameters: { REFRESH_TOKEN: refreshToken },
      })

      expect(answer.status).toBe(expected)
    }
  },
)
