import { fetchAuthSession } from 'aws-amplify/auth'
import { setupServer } from 'msw/node'
import { createUserPool } from '../../src/testing/index.js'
import { configureAmplify, signInAlice } from './amplify.js'

const pool = createUserPool({ latencyMs: 100 })
const server = setupServer(...pool.handlers())

beforeAll(() => {
  server.listen({ onUnhandledRequest: 'error' })
  configureAmplify(pool.amplifyConfig())
})
afterEach(() => {
  jest.useRealTimers()
})
afterAll(() => {
  server.close()
})

it('lets an hour pass in no time', async () => {
  jest.useFakeTimers({ advanceTimers: true })
  await signInAlice()
  const first = (await fetchAuthSession()).tokens?.accessToken.toString()
  await expect(pool.verify(first)).resolves.not.toBeNull()

  jest.setSystemTime(Date.now() + 3_600_000)

  await expect(pool.verify(first)).resolves.toBeNull()
  const second = (await fetchAuthSession()).tokens?.accessToken.toString()
  await expect(pool.verify(second)).resolves.not.toBeNull()
  expect(pool.callCount('GetTokensFromRefreshToken')).toBe(1)
})

it('answers under a clock that is advanced by hand', async () => {
  jest.useFakeTimers()
  const startedAtMs = Date.now()
  const answered = jest.fn()
  const session = fetchAuthSession({ forceRefresh: true }).finally(answered)

  // Signing takes real time, so one jump over the whole latency may come too early for its second half.
  while (answered.mock.calls.length === 0) await jest.advanceTimersByTimeAsync(50)

  await expect(session).resolves.toMatchObject({ tokens: {} })
  expect(Date.now() - startedAtMs).toBeGreaterThanOrEqual(100)
})
