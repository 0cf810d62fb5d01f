import { createTokenManager } from '../../src/index.js'
import { accessTokenOf, createProvider, createWatchingManager, deferred, issue } from '../support/provider.js'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

beforeEach(() => {
  jest.useFakeTimers()
})

/** Asks once a second, `times` times. */
async function askEachSecond(manager: ReturnType<typeof createTokenManager>, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    await manager.getToken()
    jest.advanceTimersByTime(1_000)
  }
}

describe('the refresh window', () => {
  test.each([
    { left: 'a minute', issuedAgoMs: 59 * MINUTE_MS, refreshes: 1 },
    { left: '4:59 minutes', issuedAgoMs: 55 * MINUTE_MS + 1_000, refreshes: 1 },
    { left: '5:01 minutes', issuedAgoMs: 55 * MINUTE_MS - 1_000, refreshes: 0 },
    { left: 'nothing', issuedAgoMs: HOUR_MS, refreshes: 1 },
  ])('an hour token with $left left is refreshed $refreshes times', async ({ issuedAgoMs, refreshes }) => {
    const provider = createProvider(issue({ issuedAgoMs }))
    const token = await createTokenManager({ tokenProvider: provider }).getToken()
    expect(provider.refreshes).toBe(refreshes)
    expect(token).toBe(accessTokenOf(provider.stored))
  })

  test('is never more than half of the lifetime: a five-minute pool is not refreshed on every call', async () => {
    const provider = createProvider(issue({ lifetimeMs: 5 * MINUTE_MS }))
    provider.onRefresh = () => issue({ lifetimeMs: 5 * MINUTE_MS })
    const manager = createTokenManager({ tokenProvider: provider })
    await askEachSecond(manager, 150)
    expect(provider.refreshes).toBe(0)
    await askEachSecond(manager, 2)
    expect(provider.refreshes).toBe(1)
  })

  test('can be set, and 0 waits for the token to expire', async () => {
    const stored = issue({ issuedAgoMs: 59 * MINUTE_MS })
    const wide = createProvider(issue({ issuedAgoMs: 45 * MINUTE_MS }))
    await createTokenManager({ tokenProvider: wide, refreshWindowMs: 20 * MINUTE_MS }).getToken()
    expect(wide.refreshes).toBe(1)
    const none = createProvider(stored)
    const manager = createTokenManager({ tokenProvider: none, refreshWindowMs: 0 })
    expect(await manager.getToken()).toBe(accessTokenOf(stored))
    jest.advanceTimersByTime(MINUTE_MS)
    expect(await manager.getToken()).not.toBe(accessTokenOf(stored))
  })

  test.each([
    ['is offline', () => Promise.reject(new TypeError('Failed to fetch'))],
    ['brings garbage', () => ({ accessToken: {} })],
    ['never ends', () => new Promise(() => undefined)],
  ])('an early refresh that %s does not cost the request its valid token', async (_, onRefresh) => {
    const stored = issue({ issuedAgoMs: 57 * MINUTE_MS })
    const provider = createProvider(stored)
    provider.onRefresh = onRefresh
    const asked = createTokenManager({ tokenProvider: provider }).getToken()
    await jest.advanceTimersByTimeAsync(30_000)
    expect(await asked).toBe(accessTokenOf(stored))
    expect(provider.refreshes).toBe(1)
  })

  test('tokens without exp are never due, and a refreshed token that is due at once is used', async () => {
    const eternal = { accessToken: { payload: {}, toString: () => 'opaque' } }
    const provider = createProvider(eternal)
    const manager = createTokenManager({ tokenProvider: provider })
    await askEachSecond(manager, 5)
    jest.advanceTimersByTime(1000 * HOUR_MS)
    expect(await manager.getToken()).toBe('opaque')
    expect(provider.refreshes).toBe(0)

    const stale = createProvider(issue({ issuedAgoMs: 2 * HOUR_MS }))
    stale.onRefresh = () => ({
      accessToken: { payload: { exp: 1, sub: 'alice' }, toString: () => 'ancient' },
    })
    expect(await createTokenManager({ tokenProvider: stale }).getToken()).toBe('ancient')
  })

  test('a token that was long on its way is not taken for younger', async () => {
    const provider = createProvider(null)
    const answer = deferred<ReturnType<typeof issue>>()
    provider.onRefresh = () => answer.promise
    const manager = createTokenManager({ tokenProvider: provider, refreshWindowMs: 0 })
    const asked = manager.getToken({ forceRefresh: true })
    const slow = issue({ lifetimeMs: MINUTE_MS })
    await jest.advanceTimersByTimeAsync(20_000)
    answer.resolve(slow)
    expect(await asked).toBe(accessTokenOf(slow))
    provider.onRefresh = () => issue()
    jest.advanceTimersByTime(40_000)
    expect(await manager.getToken()).not.toBe(accessTokenOf(slow))
  })

  test('the ID token can be sent instead', async () => {
    const provider = createProvider()
    const manager = createTokenManager({ tokenProvider: provider, tokenUse: 'id' })
    expect(await manager.getToken()).toBe(String(provider.stored?.idToken))
  })
})

describe('a device clock', () => {
  test.each([
    { clock: 'two hours ahead', serverAheadMs: -2 * HOUR_MS },
    { clock: 'two hours behind', serverAheadMs: 2 * HOUR_MS },
  ])('$clock costs at most one needless refresh', async ({ serverAheadMs }) => {
    const provider = createProvider(issue({ serverAheadMs }))
    provider.onRefresh = () => issue({ serverAheadMs })
    const manager = createTokenManager({ tokenProvider: provider })
    await askEachSecond(manager, 60)
    expect(provider.refreshes).toBeLessThanOrEqual(1)
    // What was learned holds for tokens that somebody else refreshed.
    provider.stored = issue({ serverAheadMs })
    await askEachSecond(manager, 60)
    expect(provider.refreshes).toBeLessThanOrEqual(1)
    expect(await manager.getToken()).toBe(accessTokenOf(provider.stored))
  })

  test.each([
    { change: 'set forward', byMs: 3 * HOUR_MS },
    { change: 'set back', byMs: -3 * HOUR_MS },
  ])('$change in mid-session costs at most one needless refresh', async ({ byMs }) => {
    let serverAheadMs = 0
    const provider = createProvider()
    provider.onRefresh = () => issue({ serverAheadMs })
    const manager = createTokenManager({ tokenProvider: provider })
    await askEachSecond(manager, 3)
    jest.setSystemTime(Date.now() + byMs)
    serverAheadMs = -byMs
    await askEachSecond(manager, 60)
    expect(provider.refreshes).toBeLessThanOrEqual(1)
  })

  test('two hours behind does not keep a token alive', async () => {
    const provider = createProvider(issue({ serverAheadMs: 2 * HOUR_MS }))
    const manager = createTokenManager({ tokenProvider: provider })
    await manager.getToken()
    jest.advanceTimersByTime(HOUR_MS)
    await manager.getToken()
    expect(provider.refreshes).toBe(1)
  })

  test('that is wrong is learned once, not again with every sign-in', async () => {
    const serverAheadMs = -2 * HOUR_MS
    const provider = createProvider(issue({ serverAheadMs }))
    provider.onRefresh = () => issue({ serverAheadMs })
    const { manager, tell } = createWatchingManager(provider)
    await manager.getToken()
    expect(provider.refreshes).toBe(1)
    provider.stored = issue({ serverAheadMs })
    tell('signedIn')
    expect(await manager.getToken()).toBe(accessTokenOf(provider.stored))
    expect(provider.refreshes).toBe(1)
  })

  test('set back does not keep a token alive', async () => {
    const provider = createProvider()
    const manager = createTokenManager({ tokenProvider: provider })
    await manager.getToken()
    jest.setSystemTime(Date.now() - 3 * HOUR_MS)
    jest.advanceTimersByTime(HOUR_MS)
    await manager.getToken()
    expect(provider.refreshes).toBe(1)
  })

  test('a device that slept, its monotonic clock standing still, refreshes once', async () => {
    const provider = createProvider()
    const manager = createTokenManager({ tokenProvider: provider })
    await manager.getToken()
    jest.setSystemTime(Date.now() + 8 * HOUR_MS)
    await askEachSecond(manager, 10)
    expect(provider.refreshes).toBe(1)
  })
})
