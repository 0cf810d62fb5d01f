import { fetchAuthSession } from 'aws-amplify/auth'
import { setupServer } from 'msw/node'
import { createUserPool } from '../../src/testing/index.js'
import type { Fault, UserPool } from '../../src/testing/index.js'
import { configureAmplify, signInAlice } from './amplify.js'
import { callCognito } from './cognito.js'

const server = setupServer()
let pool: UserPool

beforeAll(() => {
  server.listen({ onUnhandledRequest: 'bypass' })
})
beforeEach(async () => {
  pool = createUserPool()
  server.use(...pool.handlers())
  configureAmplify(pool.amplifyConfig())
  await signInAlice()
})
afterEach(async () => {
  await pool.close()
  server.resetHandlers()
})
afterAll(() => {
  server.close()
})

function refresh() {
  return fetchAuthSession({ forceRefresh: true })
}

const OPERATION = 'GetTokensFromRefreshToken'

describe('what Amplify makes of it', () => {
  it.each<[Fault, string]>([
    ['networkError', 'NetworkError'],
    ['answerLost', 'NetworkError'],
    ['throttled', 'TooManyRequestsException'],
    ['serviceError', 'InternalErrorException'],
  ])('%s: three attempts, then %s, and the user stays signed in', async (fault, name) => {
    pool.fail(fault)

    await expect(refresh()).rejects.toMatchObject({ name })
    expect(pool.callCount(OPERATION)).toBe(3)

    pool.heal()
    await expect(fetchAuthSession()).resolves.toMatchObject({ tokens: {} })
    await expect(refresh()).resolves.toMatchObject({ tokens: {} })
  })

  it('notAuthorized: no tokens any more', async () => {
    pool.fail('notAuthorized')

    await expect(refresh()).resolves.toMatchObject({ tokens: undefined })
    expect(pool.callCount(OPERATION)).toBe(1)
  })

  it('refreshTokenReuse: an error, and the user is signed out', async () => {
    pool.fail('refreshTokenReuse')

    await expect(refresh()).rejects.toMatchObject({ name: 'RefreshTokenReuseException' })
    await expect(fetchAuthSession()).resolves.toMatchObject({ tokens: undefined })
  })
})

describe('hang', () => {
  it('holds the call until the pool heals', async () => {
    pool.fail('hang')
    const answered = jest.fn()
    const session = refresh().finally(answered)
    await untilPending()

    expect(answered).not.toHaveBeenCalled()
    pool.heal()

    await expect(session).resolves.toMatchObject({ tokens: {} })
    expect(pool.callCount(OPERATION)).toBe(1)
  })

  it('breaks the call off when the pool closes', async () => {
    pool.fail('hang', { times: 1 })
    pool.fail('throttled')
    const session = refresh()
    await untilPending()

    await pool.close()

    await expect(session).rejects.toMatchObject({ name: 'TooManyRequestsException' })
    expect(pool.calls.find(({ operation }) => operation === OPERATION)).toMatchObject({
      outcome: 'networkError',
    })
  })

  it('forgets a call whose client has gone', async () => {
    const endpoint = await pool.listen()
    const client = new AbortController()
    pool.fail('hang')
    const call = callCognito(endpoint.url, 'GetUser', {}, { signal: client.signal })
    await untilPending()

    client.abort()

    await expect(call).rejects.toThrow('aborted')
    await until(() => pool.calls.at(-1)?.outcome === 'networkError')
  })
})

describe('which calls', () => {
  it('the named operation only', async () => {
    pool.fail('notAuthorized', { operation: 'InitiateAuth' })

    await expect(refresh()).resolves.toMatchObject({ tokens: {} })
  })

  it('so many times, in the order they were added', async () => {
    pool.fail('throttled', { times: 1 })
    pool.fail('serviceError', { times: 1 })

    await expect(refresh()).resolves.toMatchObject({ tokens: {} })

    const outcomes = pool.calls
      .filter(({ operation }) => operation === OPERATION)
      .map(({ outcome }) => outcome)
    expect(outcomes).toEqual(['TooManyRequestsException', 'InternalErrorException', 'ok'])
  })

  it('from the first one on, as an option', async () => {
    const broken = createUserPool({ faults: [{ fault: 'notAuthorized', operation: 'InitiateAuth' }] })
    server.use(...broken.handlers())
    configureAmplify(broken.amplifyConfig())

    await expect(signInAlice()).rejects.toMatchObject({ name: 'NotAuthorizedException' })
  })
})

it('breaks the connection of a loopback endpoint', async () => {
  const endpoint = await pool.listen()
  pool.fail('networkError')

  await expect(callCognito(endpoint.url, 'GetUser', {})).rejects.toThrow('fetch failed')
})

it('keeps no secret in its calls', async () => {
  const { refreshToken } = await pool.issue()
  const { tokens } = await refresh()

  const calls = JSON.stringify(pool.calls)

  expect(pool.calls).toEqual([
    { operation: 'InitiateAuth', outcome: 'ok', receivedAtMs: expect.any(Number) as number },
    { operation: OPERATION, outcome: 'ok', receivedAtMs: expect.any(Number) as number },
  ])
  for (const secret of ['wonderland', refreshToken, String(tokens?.accessToken)])
    expect(calls).not.toContain(secret)
})

function untilPending() {
  return until(() => pool.calls.at(-1)?.outcome === 'pending')
}

/** Lets the event loop turn until it is so. */
async function until(condition: () => boolean) {
  while (!condition()) await new Promise(setImmediate)
}
