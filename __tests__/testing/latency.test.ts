import { createUserPool } from '../../src/testing/index.js'
import type { UserPool, UserPoolEndpoint } from '../../src/testing/index.js'
import { callCognito } from './cognito.js'

let pool: UserPool
let endpoint: UserPoolEndpoint

beforeEach(async () => {
  pool = createUserPool({ rotation: {} })
  endpoint = await pool.listen()
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] })
})
afterEach(async () => {
  jest.useRealTimers()
  await pool.close()
})

function refresh(refreshToken: string) {
  const input = { ClientId: pool.clientId, RefreshToken: refreshToken }
  return callCognito(endpoint.url, 'GetTokensFromRefreshToken', input)
}

it('takes effect halfway, between the way there and the way back', async () => {
  pool.latencyMs = 100
  const { refreshToken } = await pool.issue()
  const answer = refresh(refreshToken)
  await untilTimerIsSet()

  jest.advanceTimersByTime(49)
  pool.revokeRefreshTokens()
  jest.advanceTimersByTime(1)
  await untilTimerIsSet()
  jest.advanceTimersByTime(50)

  await expect(answer).resolves.toMatchObject({ body: { message: 'Refresh Token has been revoked' } })
})

it('asks a function once for each call', async () => {
  const latencies = [200, 0]
  pool.latencyMs = () => latencies.shift() ?? 0
  const { refreshToken } = await pool.issue()

  const slow = refresh(refreshToken)
  await untilTimerIsSet()
  await expect(refresh(refreshToken)).resolves.toMatchObject({ status: 200 })

  jest.advanceTimersByTime(100)
  await untilTimerIsSet()
  jest.advanceTimersByTime(100)
  await expect(slow).resolves.toMatchObject({ body: { __type: 'RefreshTokenReuseException' } })
})

it('leaves no timer behind when the pool closes', async () => {
  pool.latencyMs = 60_000
  const answer = refresh('any').catch((error: unknown) => error)
  await untilTimerIsSet()

  await pool.close()

  expect(jest.getTimerCount()).toBe(0)
  await expect(answer).resolves.toMatchObject({ message: 'fetch failed' })
})

async function untilTimerIsSet() {
  while (jest.getTimerCount() === 0) await new Promise(setImmediate)
}
