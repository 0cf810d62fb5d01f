import { BearerError, createTokenManager, type AutoRefreshOptions, type TokenEvent } from '../../src/index.js'
import { setupPage } from '../support/page.js'
import { accessTokenOf, createProvider, createWatchingManager, deferred, issue } from '../support/provider.js'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** Past the moment in which auto refresh renews an hour token, and before requests would. */
const EARLY = { issuedAgoMs: 54 * MINUTE_MS + 45_000 }
const COMES_BACK = ['visibilitychange', 'pageshow', 'focus', 'online']

const page = setupPage()

beforeEach(() => {
  jest.useFakeTimers()
})

async function renewing(shape: Parameters<typeof issue>[0] = {}) {
  const provider = createProvider(issue(shape))
  provider.onRefresh = () => issue({ ...shape, issuedAgoMs: 0 })
  const manager = createTokenManager({ tokenProvider: provider })
  const events: TokenEvent[] = []
  manager.subscribe((event) => events.push(event))
  await manager.getToken()
  const stop = manager.startAutoRefresh()
  return { provider, manager, events, stop }
}

const pass2s = () => new Promise((resolve) => setTimeout(resolve, 2_000))
const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms)

test('renews before requests would have to wait: over a day of requests, none does', async () => {
  const { provider, manager } = await renewing()
  provider.onRefresh = () => pass2s().then(() => issue())
  const waits: number[] = []
  for (let second = 0; second < 24 * 3_600; second += 5) {
    const askedMs = performance.now()
    void manager.getToken().then(() => waits.push(performance.now() - askedMs))
    await pass(5_000)
  }
  expect(waits).toHaveLength((24 * 3_600) / 5)
  expect(Math.max(...waits)).toBe(0)
  // Every 54 and a half minutes.
  expect(provider.refreshes).toBe(26)
})

test('a request that comes while it refreshes goes out with the token that is still good', async () => {
  const { provider, manager } = await renewing(EARLY)
  const old = accessTokenOf(provider.stored)
  const answer = deferred<ReturnType<typeof issue>>()
  provider.onRefresh = () => answer.promise
  await pass(15_000)
  expect(provider.refreshes).toBe(1)
  const asked = manager.getToken()
  await pass(0)
  await expect(Promise.race([asked, Promise.resolve('waits')])).resolves.toBe(old)
  // Until it is due, and after.
  await pass(20_000)
  await expect(Promise.race([manager.getToken(), pass(0).then(() => 'waits')])).resolves.toBe(old)
  answer.resolve(issue())
  await pass(0)
  expect(await manager.getToken()).not.toBe(old)
  expect(provider.refreshes).toBe(1)
})

test.each([
  ['refused', (rejectedToken: string) => ({ rejectedToken })],
  ['to be renewed', () => ({ forceRefresh: true })],
])('a request whose token is %s waits for that refresh', async (_, options) => {
  const { provider, manager } = await renewing(EARLY)
  const old = accessTokenOf(provider.stored)
  const answer = deferred<ReturnType<typeof issue>>()
  provider.onRefresh = () => answer.promise
  await pass(15_000)
  const asked = manager.getToken(options(old))
  await pass(0)
  answer.resolve(issue())
  expect(await asked).toBe(accessTokenOf(await answer.promise))
  expect(provider.refreshes).toBe(1)
})

test('a request whose token has expired meanwhile waits for that refresh', async () => {
  const { provider, manager } = await renewing({ ...EARLY, issuedAgoMs: HOUR_MS - 20_000 })
  const answer = deferred<ReturnType<typeof issue>>()
  // The first request has already asked for a refresh, and waits no longer than this.
  expect(provider.refreshes).toBe(1)
  provider.onRefresh = () => answer.promise
  await pass(54 * MINUTE_MS + 45_000)
  expect(provider.refreshes).toBe(2)
  jest.setSystemTime(Date.now() + HOUR_MS)
  const asked = manager.getToken()
  await pass(0)
  answer.resolve(issue())
  expect(await asked).toBe(accessTokenOf(await answer.promise))
  expect(provider.refreshes).toBe(2)
})

test('nothing is looked up while the token in hand is good', async () => {
  const { provider } = await renewing()
  const getTokens = jest.spyOn(provider, 'getTokens')
  await pass(54 * MINUTE_MS)
  expect(getTokens).not.toHaveBeenCalled()
})

test('where nobody is signed in, nothing is looked up', async () => {
  const provider = createProvider(null)
  const manager = createTokenManager({ tokenProvider: provider })
  await manager.getToken()
  manager.startAutoRefresh()
  await pass(HOUR_MS)
  expect(provider.reads).toBe(1)
})

test('where nobody has asked yet, it looks for itself', async () => {
  const provider = createProvider(issue({ issuedAgoMs: 2 * HOUR_MS }))
  createTokenManager({ tokenProvider: provider }).startAutoRefresh()
  await pass(15_000)
  expect(provider.refreshes).toBe(1)
})

test('what another tab has refreshed is taken over', async () => {
  const { provider, manager } = await renewing(EARLY)
  provider.stored = issue()
  await pass(15_000)
  expect(provider.refreshes).toBe(0)
  expect(await manager.getToken()).toBe(accessTokenOf(provider.stored))
})

test('a token of 30 days overflows no timer, and is renewed in time', async () => {
  const { provider } = await renewing({ lifetimeMs: 30 * DAY_MS })
  for (let day = 0; day < 29; day++) jest.advanceTimersByTime(DAY_MS)
  await pass(DAY_MS - 6 * MINUTE_MS)
  expect(provider.refreshes).toBe(0)
  await pass(MINUTE_MS)
  expect(provider.refreshes).toBe(1)
})

test.each([
  { lifetime: 'five minutes', lifetimeMs: 5 * MINUTE_MS, everyMs: 135_000 },
  { lifetime: 'a minute', lifetimeMs: MINUTE_MS, everyMs: 30_000 },
])(
  'tokens of $lifetime are renewed in their second half, not on every check',
  async ({ lifetimeMs, everyMs }) => {
    const { provider } = await renewing({ lifetimeMs })
    await pass(HOUR_MS)
    expect(provider.refreshes).toBe(Math.floor(HOUR_MS / everyMs))
  },
)

test('a token that never expires is left alone', async () => {
  const { provider } = await renewing({ lifetimeMs: Infinity })
  await pass(DAY_MS)
  expect(provider.refreshes).toBe(0)
})

describe('sleep and clocks', () => {
  test('after a night one check, one refresh', async () => {
    const { provider, events } = await renewing()
    jest.setSystemTime(Date.now() + 9 * HOUR_MS)
    await pass(15_000)
    expect(provider.refreshes).toBe(1)
    expect(events).toMatchObject([{ type: 'refreshed', reason: 'expired' }])
    await pass(50 * MINUTE_MS)
    expect(provider.refreshes).toBe(1)
  })

  test.each([-HOUR_MS, HOUR_MS])('a clock that is set by %d ms costs one refresh at most', async (by) => {
    const { provider } = await renewing()
    provider.onRefresh = () => issue({ serverAheadMs: -by })
    jest.setSystemTime(Date.now() + by)
    await pass(50 * MINUTE_MS)
    expect(provider.refreshes).toBeLessThanOrEqual(1)
  })
})

describe('a hidden page', () => {
  test('stays quiet, for days; when it comes back, one refresh for all that wakes with it', async () => {
    const { provider, manager } = await renewing()
    page().hide()
    await pass(2 * DAY_MS)
    expect(provider.refreshes).toBe(0)
    page().show()
    page().dispatch('focus')
    const woken = await Promise.all(Array.from({ length: 20 }, () => manager.getToken()))
    expect(new Set(woken)).toEqual(new Set([accessTokenOf(provider.stored)]))
    expect(provider.refreshes).toBe(1)
  })

  test.each(COMES_BACK)('%s: it is checked at once', async (type) => {
    const { provider } = await renewing()
    jest.setSystemTime(Date.now() + HOUR_MS)
    page().dispatch(type)
    await pass(0)
    expect(provider.refreshes).toBe(1)
  })
})

describe('without a network', () => {
  test('waking up asks for nothing and signs nobody out; back online, one refresh', async () => {
    const { provider, manager, events } = await renewing()
    page().hide()
    page().goOffline()
    provider.onRefresh = () => Promise.reject(new TypeError('Failed to fetch'))
    jest.setSystemTime(Date.now() + 9 * HOUR_MS)
    page().show()
    await pass(HOUR_MS)
    expect(provider.refreshes).toBe(0)
    expect(events).toEqual([])
    await expect(manager.getToken()).rejects.toMatchObject({ code: 'offline', retryable: true })
    provider.onRefresh = () => issue()
    page().goOnline()
    await pass(0)
    expect(provider.refreshes).toBe(2)
    expect(await manager.getToken()).toBe(accessTokenOf(provider.stored))
    expect(events.map(({ type }) => type)).toEqual(['refreshFailed', 'refreshed'])
  })

  test('nobody waits for a refresh for more than a second; should the platform be wrong, the next one has its token', async () => {
    const { provider, manager } = await renewing()
    jest.setSystemTime(Date.now() + HOUR_MS)
    page().goOffline()
    const answer = deferred<ReturnType<typeof issue>>()
    provider.onRefresh = () => answer.promise
    const asked = manager.getToken().catch((error: unknown) => error)
    await pass(999)
    expect(await Promise.race([asked, pass(0).then(() => 'waits')])).toBe('waits')
    await pass(1)
    expect(await asked).toMatchObject({ code: 'offline', retryable: true })
    answer.resolve(issue())
    await pass(0)
    expect(await manager.getToken()).toBe(accessTokenOf(await answer.promise))
    expect(provider.refreshes).toBe(1)
  })

  test('where nobody is signed in, slow storage is no lack of a network', async () => {
    const provider = createProvider(null)
    const manager = createTokenManager({ tokenProvider: provider })
    await manager.getToken()
    await pass(2_000)
    page().goOffline()
    jest.spyOn(provider, 'getTokens').mockReturnValueOnce(new Promise(() => undefined))
    const asked = manager.getToken()
    await pass(100)
    expect(await asked).toBeNull()
  })

  test('who waits for a refresh that began without it, and fails after it is back, waits for the next one', async () => {
    const { provider, manager, events } = await renewing()
    jest.setSystemTime(Date.now() + HOUR_MS)
    page().goOffline()
    const answer = deferred<never>()
    provider.onRefresh = () => answer.promise
    const before = manager.getToken()
    await pass(500)
    page().goOnline()
    const after = manager.getToken()
    provider.onRefresh = () => issue()
    answer.reject(new TypeError('Failed to fetch'))
    const renewed = [await before, await after]
    expect(renewed).toEqual([accessTokenOf(provider.stored), accessTokenOf(provider.stored)])
    expect(provider.refreshes).toBe(2)
    expect(events).toMatchObject([
      { type: 'refreshFailed', code: 'offline', retryAfterMs: 0 },
      { type: 'refreshed' },
    ])
  })

  test('where the platform does not know, failures hold off the next attempts, and the session stays', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(0)
    const { provider, manager, events } = await renewing(EARLY)
    const old = accessTokenOf(provider.stored)
    provider.onRefresh = () => Promise.reject(new TypeError('Failed to fetch'))
    await pass(MINUTE_MS)
    expect(provider.refreshes).toBe(4)
    expect(events.map((event) => event.type === 'refreshFailed' && event.retryAfterMs)).toEqual([
      1_000, 2_000, 4_000, 8_000,
    ])
    expect(await manager.getToken()).toBe(old)
  })
})

test('the end of the session is found, and told once', async () => {
  const { provider, events } = await renewing(EARLY)
  provider.onRefresh = () => null
  await pass(HOUR_MS)
  expect(provider.refreshes).toBe(1)
  expect(events.map(({ type }) => type)).toEqual(['refreshFailed', 'sessionExpired'])
})

test('a user who signs in elsewhere is looked after as well', async () => {
  const provider = createProvider(null)
  const { manager, tell } = createWatchingManager(provider)
  manager.startAutoRefresh()
  await manager.getToken()
  provider.stored = issue()
  tell('signedIn')
  await pass(55 * MINUTE_MS)
  expect(provider.refreshes).toBe(1)
})

describe('the end', () => {
  test.each(['stop', 'close'] as const)('%s leaves no timer and no listener behind', async (how) => {
    const { provider, manager, stop } = await renewing(EARLY)
    const before = page().listeners(...COMES_BACK)
    expect(before).toBe(COMES_BACK.length + 1)
    if (how === 'stop') stop()
    else manager.close()
    stop()
    expect(jest.getTimerCount()).toBe(0)
    // The manager's own, of `online`, goes with it.
    expect(page().listeners(...COMES_BACK)).toBe(how === 'stop' ? 1 : 0)
    page().dispatch('focus')
    await pass(HOUR_MS)
    expect(provider.refreshes).toBe(0)
  })

  test('one stop does not stop another start', async () => {
    const { provider, manager, stop } = await renewing(EARLY)
    manager.startAutoRefresh()
    stop()
    await pass(15_000)
    expect(provider.refreshes).toBe(1)
  })

  test('a closed manager starts nothing', () => {
    const manager = createTokenManager({ tokenProvider: createProvider() })
    manager.close()
    expect(() => manager.startAutoRefresh()).toThrow(new BearerError('closed'))
  })

  test('it keeps no process alive', () => {
    jest.useRealTimers()
    const timers = () => process.getActiveResourcesInfo().filter((type) => type === 'Timeout').length
    const before = timers()
    const manager = createTokenManager({ tokenProvider: createProvider() })
    const stop = manager.startAutoRefresh()
    expect(timers()).toBe(before)
    stop()
  })
})

describe('a lifecycle of the application’s own', () => {
  test('says when it is active, and when it comes back', async () => {
    const provider = createProvider(issue(EARLY))
    const manager = createTokenManager({ tokenProvider: provider })
    await manager.getToken()
    let active = false
    let comeBack: (change: 'active' | 'online') => void = () => undefined
    const stop = manager.startAutoRefresh({
      lifecycle: {
        isActive: () => active,
        subscribe: (listener) => {
          comeBack = listener
          return () => (comeBack = () => undefined)
        },
      },
    })
    await pass(MINUTE_MS)
    expect(provider.refreshes).toBe(0)
    active = true
    comeBack('active')
    await pass(0)
    expect(provider.refreshes).toBe(1)
    stop()
    expect(page().listeners(...COMES_BACK)).toBe(1)
  })

  test('that is online again ends the back-off', async () => {
    const { provider, manager } = await renewing(EARLY)
    provider.onRefresh = () => Promise.reject(new TypeError('Network request failed'))
    let comeBack: (change: 'active' | 'online') => void = () => undefined
    manager.startAutoRefresh({
      lifecycle: {
        isActive: () => true,
        subscribe: (listener) => {
          comeBack = listener
          return () => undefined
        },
      },
    })
    await pass(15_000)
    expect(provider.refreshes).toBe(1)
    comeBack('active')
    await pass(0)
    expect(provider.refreshes).toBe(1)
    comeBack('online')
    await pass(0)
    expect(provider.refreshes).toBe(2)
  })

  test.each([
    [null, 'lifecycle.isActive must be a function, not "undefined"'],
    [{ isActive: () => true }, 'lifecycle.subscribe must be a function, not "undefined"'],
  ])('%j is none', (lifecycle, message) => {
    const manager = createTokenManager({ tokenProvider: createProvider() })
    expect(() => manager.startAutoRefresh({ lifecycle } as unknown as AutoRefreshOptions)).toThrow(
      new TypeError(`amplify-bearer: ${message}`),
    )
    expect(jest.getTimerCount()).toBe(0)
  })
})
