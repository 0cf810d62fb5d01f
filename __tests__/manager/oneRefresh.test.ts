import { createTokenManager } from '../../src/index.js'
import { accessTokenOf, createProvider, deferred, issue } from '../support/provider.js'

const expired = () => issue({ issuedAgoMs: 3_600_000 })

beforeEach(() => {
  jest.useFakeTimers()
})

describe('one refresh', () => {
  test('100 parallel callers on an expired token share one', async () => {
    const provider = createProvider(expired())
    const manager = createTokenManager({ tokenProvider: provider })
    const tokens = await Promise.all(Array.from({ length: 100 }, () => manager.getToken()))
    expect(new Set(tokens)).toEqual(new Set([accessTokenOf(provider.stored)]))
    expect(provider).toMatchObject({ refreshes: 1, mostRunning: 1 })
  })

  test('100 parallel callers with one rejected token share one', async () => {
    const provider = createProvider()
    const manager = createTokenManager({ tokenProvider: provider })
    const rejectedToken = String(await manager.getToken())
    const tokens = await Promise.all(Array.from({ length: 100 }, () => manager.getToken({ rejectedToken })))
    expect(new Set(tokens)).toEqual(new Set([accessTokenOf(provider.stored)]))
    expect(tokens).not.toContain(rejectedToken)
    expect(provider).toMatchObject({ refreshes: 1, mostRunning: 1 })
  })

  test('callers born while it runs wait for it, with whatever they ask for', async () => {
    const provider = createProvider()
    const answer = deferred<ReturnType<typeof issue>>()
    provider.onRefresh = () => answer.promise
    const manager = createTokenManager({ tokenProvider: provider })
    const rejectedToken = String(await manager.getToken())
    const first = manager.getToken({ rejectedToken })
    await jest.advanceTimersByTimeAsync(0)
    const born = [
      manager.getToken(),
      manager.getToken({ forceRefresh: true }),
      manager.getToken({ rejectedToken }),
    ]
    await jest.advanceTimersByTimeAsync(500)
    const fresh = issue()
    answer.resolve(fresh)
    expect(await Promise.all([first, ...born])).toEqual(Array(4).fill(accessTokenOf(fresh)))
    expect(provider.refreshes).toBe(1)
  })

  test('a late 401 gets the newer token and refreshes nothing', async () => {
    const provider = createProvider()
    const manager = createTokenManager({ tokenProvider: provider })
    const old = String(await manager.getToken())
    const newer = await manager.getToken({ rejectedToken: old })
    expect(await manager.getToken({ rejectedToken: old })).toBe(newer)
    expect(provider.refreshes).toBe(1)
  })

  test('a forced refresh is one, also on a good token', async () => {
    const provider = createProvider()
    const manager = createTokenManager({ tokenProvider: provider })
    const before = await manager.getToken()
    const [after] = await Promise.all([
      manager.getToken({ forceRefresh: true }),
      manager.getToken({ forceRefresh: true }),
    ])
    expect(after).not.toBe(before)
    expect(provider.refreshes).toBe(1)
  })

  test('a forced refresh of an expired session is one call of the provider', async () => {
    const provider = createProvider(expired())
    await createTokenManager({ tokenProvider: provider }).getToken({ forceRefresh: true })
    expect(provider).toMatchObject({ reads: 0, refreshes: 1 })
  })

  test('a forced refresh that brings the same token again is no failure', async () => {
    const provider = createProvider()
    provider.onRefresh = () => provider.stored
    const manager = createTokenManager({ tokenProvider: provider })
    const token = await manager.getToken()
    expect(await manager.getToken({ forceRefresh: true })).toBe(token)
  })

  test('nobody signed in: null, also when forced, and no event', async () => {
    const provider = createProvider(null)
    provider.onRefresh = () => null
    const manager = createTokenManager({ tokenProvider: provider })
    const events: unknown[] = []
    manager.subscribe((event) => events.push(event))
    expect(await manager.getToken()).toBeNull()
    expect(await manager.getToken({ forceRefresh: true })).toBeNull()
    expect(events).toEqual([])
    expect(manager.stats().refreshes).toBe(0)
  })

  test('a listener that asks for a refresh on every refresh does not loop', async () => {
    const provider = createProvider()
    const manager = createTokenManager({ tokenProvider: provider })
    const answers: Promise<string | null>[] = []
    manager.subscribe(({ type }) => {
      if (type === 'refreshed') answers.push(manager.getToken({ forceRefresh: true }))
    })
    await manager.getToken({ forceRefresh: true })
    await Promise.all(answers)
    expect(provider.refreshes).toBe(1)
  })
})

describe('what is in hand is true', () => {
  test('a good token is read once a second at most, and not at all in between', async () => {
    const provider = createProvider()
    const manager = createTokenManager({ tokenProvider: provider })
    for (let i = 0; i < 100; i++) await manager.getToken()
    expect(provider.reads).toBe(1)
    jest.advanceTimersByTime(1_000)
    for (let i = 0; i < 100; i++) await manager.getToken()
    expect(provider.reads).toBe(2)
  })

  const changes = [
    { change: 'a sign-out', before: issue(), after: () => null, told: ['signedOut'] },
    { change: 'a sign-in', before: null, after: () => issue(), told: ['signedIn'] },
    {
      change: 'a switch of users',
      before: issue(),
      after: () => issue({ sub: 'bob' }),
      told: ['userChanged'],
    },
    { change: 'a refresh', before: issue(), after: () => issue(), told: [] },
  ]
  test.each(changes)('$change made elsewhere is seen within a second', async ({ before, after, told }) => {
    const provider = createProvider(before)
    const manager = createTokenManager({ tokenProvider: provider })
    await manager.getToken()
    const events: string[] = []
    manager.subscribe(({ type }) => events.push(type))
    provider.stored = after()
    jest.advanceTimersByTime(1_000)
    expect(await manager.getToken()).toBe(provider.stored && accessTokenOf(provider.stored))
    expect(events).toEqual(told)
  })

  test('slow storage does not hold up a request with a good token', async () => {
    const provider = createProvider()
    const manager = createTokenManager({ tokenProvider: provider })
    const good = await manager.getToken()
    jest.advanceTimersByTime(2_000)
    const slow = deferred<null>()
    provider.getTokens = () => slow.promise
    const asked = manager.getToken()
    await jest.advanceTimersByTimeAsync(100)
    expect(await asked).toBe(good)
    expect(await manager.getToken()).toBe(good)
    slow.resolve(null)
    await jest.advanceTimersByTimeAsync(0)
    expect(await manager.getToken()).toBeNull()
  })
})

describe('whose request', () => {
  const bob = () => issue({ sub: 'bob' })

  test('a token rejected for one user is never replaced by one of another', async () => {
    const provider = createProvider()
    const manager = createTokenManager({ tokenProvider: provider })
    const rejectedToken = String(await manager.getToken())
    provider.stored = bob()
    jest.advanceTimersByTime(1_000)
    await manager.getToken()
    await expect(manager.getToken({ rejectedToken })).rejects.toMatchObject({ code: 'userChanged' })
    provider.stored = null
    jest.advanceTimersByTime(1_000)
    await expect(manager.getToken({ rejectedToken })).rejects.toMatchObject({ code: 'signedOut' })
  })

  test('a caller whose user changes while it waits is refused', async () => {
    const provider = createProvider(expired())
    const manager = createTokenManager({ tokenProvider: provider })
    const answer = deferred<ReturnType<typeof issue>>()
    provider.onRefresh = () => answer.promise
    const first = manager.getToken()
    await jest.advanceTimersByTimeAsync(0)
    const second = manager.getToken()
    void Promise.allSettled([first, second])
    answer.resolve(bob())
    // The first asked when nobody was known, but alice was found; the second asked for her.
    for (const asked of [first, second]) await expect(asked).rejects.toMatchObject({ code: 'userChanged' })
  })

  test('a caller whose user changed since the last look, a moment ago, is refused', async () => {
    const provider = createProvider(issue({ lifetimeMs: 500 }))
    const manager = createTokenManager({ tokenProvider: provider, refreshWindowMs: 0 })
    await manager.getToken()
    provider.stored = bob()
    jest.advanceTimersByTime(500)
    await expect(manager.getToken()).rejects.toMatchObject({ code: 'userChanged' })
    expect(await manager.getToken()).toBe(accessTokenOf(provider.stored))
  })

  test('a token that this manager never handed out is nobody in particular', async () => {
    const manager = createTokenManager({ tokenProvider: createProvider() })
    await expect(manager.getToken({ rejectedToken: 'foreign' })).rejects.toMatchObject({
      code: 'userChanged',
    })
  })
})
