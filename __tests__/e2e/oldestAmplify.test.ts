import { http, HttpResponse } from 'msw'
import { setupServer } from 'msw/node'
import { Amplify } from 'aws-amplify'
import { signOut } from 'aws-amplify/auth'
import { createTokenManager, wrapFetch } from '../../src/index.js'
import { createUserPool } from '../../src/testing/index.js'
import { configureAmplify, signInAlice } from '../testing/amplify.js'

// Not a mock: the oldest aws-amplify that is supported stands in for the newest.
jest.mock('aws-amplify', () => jest.requireActual<object>('aws-amplify-6.15.8'))
jest.mock('aws-amplify/auth', () => jest.requireActual<object>('aws-amplify-6.15.8/auth'))
jest.mock('aws-amplify/auth/cognito', () => jest.requireActual<object>('aws-amplify-6.15.8/auth/cognito'))
jest.mock('aws-amplify/utils', () => jest.requireActual<object>('aws-amplify-6.15.8/utils'))

const ORIGIN = 'https://api.example.com'
const server = setupServer()

beforeAll(() => {
  server.listen({ onUnhandledRequest: 'error' })
})
afterAll(() => {
  server.close()
})

test('aws-amplify 6.15.8: sign in, a revoked token, a rejected grant, sign out', async () => {
  expect(Amplify).not.toHaveProperty('getTokens')
  const pool = createUserPool()
  server.use(
    ...pool.handlers(),
    http.get(ORIGIN, async ({ request }) => {
      const claims = await pool.verify(request.headers.get('authorization'))
      return HttpResponse.json(null, { status: claims ? 200 : 401 })
    }),
  )
  configureAmplify(pool.amplifyConfig())
  await signInAlice()
  const tokens = createTokenManager()
  const events: string[] = []
  tokens.subscribe(({ type }) => events.push(type))
  const apiFetch = wrapFetch(fetch, tokens, { allowedOrigins: [ORIGIN] })
  expect((await apiFetch(ORIGIN)).status).toBe(200)
  pool.revokeAccessTokens()
  expect((await apiFetch(ORIGIN)).status).toBe(200)
  expect(pool.callCount('GetTokensFromRefreshToken')).toBe(1)
  pool.revokeAccessTokens()
  pool.revokeRefreshTokens()
  expect((await apiFetch(ORIGIN)).status).toBe(401)
  expect(events).toContain('sessionExpired')
  await signInAlice()
  expect((await apiFetch(ORIGIN)).status).toBe(200)
  await signOut()
  expect(await tokens.getToken()).toBeNull()
  tokens.close()
})
