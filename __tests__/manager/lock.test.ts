import { createTokenManager, type RefreshLock, type TokenManagerOptions } from '../../src/index.js'
import {
  accessTokenOf,
  createProvider,
  createWatchingManager,
  deferred,
  issue,
  type FakeProvider,
} from '../support/provider.js'

const expired = () => issue({ issuedAgoMs: 3_600_000 })

/** An application's own lock, for all of its "tabs". */
function createLock() {
  let last: Promise<unknown> = Promise.resolve()
  const lock = {
    names: [] as string[],
    signals: [] as (AbortSignal | undefined)[],
    /** Tasks that have the lock. */
    held: 0,
    run<T>(name: string, task: () => Promise<T>, options?: { signal?: AbortSignal }): Promise<T> {
      lock.names.push(name)
      lock.signals.push(options?.signal)
      const result = last.then(async () => {
        lock.held++
        return task().finally(() => lock.held--)
      })
      last = result.catch(() => undefined)
      return result
    },
  } satisfies RefreshLock & Record<string, unknown>
  return lock
}

/** Tabs: managers that share what is stored, and the lock. */
const createTabs = (count: number, provider: FakeProvider, options: TokenManagerOptions) =>
  Array.from({ length: count }, () => createTokenManager({ tokenProvider: provider, ...options }))

/** Settles what can be settled within so much time. */
async function settled<T>(promise: Promise<T>, withinMs = 1_000): Promise<T> {
  promise.catch(() => undefined)
  await jest.advanceTimersByTimeAsync(withinMs)
  return promise
}

beforeEach(() => {
  jest.useFakeTimers()
})

test('four tabs on an expired token: one refresh, and all have its token', async () => {
  const provider = createProvider(expired())
  const lock = createLock()
  const tabs = createTabs(4, provider, { lock })
  const tokens = await settled(Promise.all(tabs.flatMap((tab) => [tab.getToken(), tab.getToken()])))
  expect(new Set(tokens)).toEqual(new Set([accessTokenOf(provider.stored)]))
  expect(provider.refreshes).toBe(1)
  expect(lock.names).toEqual(Array(4).fill('amplify-bearer'))
})

test('a token that a second tab found rejected as well is refreshed once', async () => {
  const provider = createProvider()
  const tabs = createTabs(2, provider, { lock: createLock() })
  const rejectedToken = accessTokenOf(provider.stored)
  const tokens = await settled(Promise.all(tabs.map((tab) => tab.getToken({ rejectedToken }))))
  expect(new Set(tokens)).toEqual(new Set([accessTokenOf(provider.stored)]))
  expect(provider.refreshes).toBe(1)
})

test('a good token takes no lock', async () => {
  const lock = createLock()
  const [tab] = createTabs(1, createProvider(), { lock })
  await tab?.getToken()
  expect(lock.names).toEqual([])
})

test('the lock is kept for a moment after a refresh, for storage lags behind; the callers have their token', async () => {
  const lock = createLock()
  const provider = createProvider(expired())
  const [tab] = createTabs(1, provider, { lock })
  expect(await settled(Promise.resolve(tab?.getToken()), 0)).toBe(accessTokenOf(provider.stored))
  await jest.advanceTimersByTimeAsync(49)
  expect(lock.held).toBe(1)
  await jest.advanceTimersByTimeAsync(1)
  expect(lock.held).toBe(0)
})

test('a rejected grant: one call, and every tab that waited for the lock hears of it', async () => {
  const provider = createProvider(expired())
  provider.onRefresh = () => null
  const lock = createLock()
  const tabs = createTabs(3, provider, { lock })
  const heard: string[][] = tabs.map(() => [])
  tabs.forEach((tab, index) => tab.subscribe(({ type }) => heard[index]?.push(type)))
  const outcomes = await settled(Promise.allSettled(tabs.map((tab) => tab.getToken())))
  expect(outcomes).toMatchObject([
    { reason: { code: 'sessionExpired' } },
    { reason: { code: 'sessionExpired' } },
    { reason: { code: 'sessionExpired' } },
  ])
  expect(heard).toEqual(tabs.map(() => ['refreshFailed', 'sessionExpired']))
  expect(provider.refreshes).toBe(1)
})

test('the lock is kept for a moment after a rejected grant as well, for what was cleared', async () => {
  const lock = createLock()
  const provider = createProvider(expired())
  provider.onRefresh = () => null
  const [tab] = createTabs(1, provider, { lock })
  await expect(settled(Promise.resolve(tab?.getToken()), 0)).rejects.toMatchObject({ code: 'sessionExpired' })
  await jest.advanceTimersByTimeAsync(49)
  expect(lock.held).toBe(1)
  await jest.advanceTimersByTimeAsync(1)
  expect(lock.held).toBe(0)
})

test('what nothing was stored under is not kept', async () => {
  const lock = createLock()
  const provider = createProvider(expired())
  provider.onRefresh = () => Promise.reject(new TypeError('Failed to fetch'))
  const [tab] = createTabs(1, provider, { lock })
  await expect(settled(Promise.resolve(tab?.getToken()), 0)).rejects.toMatchObject({ code: 'offline' })
  expect(lock.held).toBe(0)
})

test('a refresh that hangs lets go of the lock at refreshTimeoutMs', async () => {
  const provider = createProvider(expired())
  const hanging = deferred<ReturnType<typeof issue>>()
  provider.onRefresh = () => hanging.promise
  const lock = createLock()
  const [tab, other] = createTabs(2, provider, { lock, refreshTimeoutMs: 500 })
  const waiting = settled(Promise.resolve(tab?.getToken()), 500)
  await expect(waiting).rejects.toMatchObject({ code: 'refreshTimeout' })
  expect(lock.held).toBe(0)
  provider.onRefresh = () => issue()
  expect(await settled(Promise.resolve(other?.getToken()))).toBe(accessTokenOf(provider.stored))
})

test('a lock that is never had: the callers fail at refreshTimeoutMs, and its signal says that nobody waits', async () => {
  const provider = createProvider(expired())
  const lock = createLock()
  lock.run = (_, __, options) => {
    lock.signals.push(options?.signal)
    return new Promise(() => undefined)
  }
  const [tab] = createTabs(1, provider, { lock, refreshTimeoutMs: 500 })
  const waiting = tab?.getToken()
  waiting?.catch(() => undefined)
  await jest.advanceTimersByTimeAsync(499)
  expect(lock.signals.map((signal) => signal?.aborted)).toEqual([false])
  await jest.advanceTimersByTimeAsync(1)
  await expect(waiting).rejects.toMatchObject({ code: 'refreshTimeout' })
  expect(lock.signals.map((signal) => signal?.aborted)).toEqual([true])
})

test('a lock that comes too late refreshes nothing', async () => {
  const provider = createProvider(expired())
  const turn = deferred<undefined>()
  const lock: RefreshLock = { run: (_, task) => turn.promise.then(task) }
  const [tab] = createTabs(1, provider, { lock, refreshTimeoutMs: 500 })
  await expect(settled(Promise.resolve(tab?.getToken()))).rejects.toMatchObject({ code: 'refreshTimeout' })
  const { reads } = provider
  turn.resolve(undefined)
  await jest.advanceTimersByTimeAsync(1_000)
  expect(provider).toMatchObject({ reads, refreshes: 0 })
})

test.each([
  ['rejects', () => Promise.reject(new Error('no lock today'))],
  [
    'throws',
    () => {
      throw new Error('no lock today')
    },
  ],
])(
  'a lock that %s: the request fails and says why, and the next one after the back-off works',
  async (_, run) => {
    const provider = createProvider(expired())
    const lock: RefreshLock = { run }
    const [tab] = createTabs(1, provider, { lock })
    await expect(settled(Promise.resolve(tab?.getToken()), 0)).rejects.toMatchObject({
      code: 'serviceError',
      cause: { message: 'no lock today' },
    })
    lock.run = (_name, task) => task()
    await jest.advanceTimersByTimeAsync(1_000)
    expect(await settled(Promise.resolve(tab?.getToken()))).toBe(accessTokenOf(provider.stored))
  },
)

test('a refresh that nobody wants any more is still the only one', async () => {
  const provider = createProvider(expired())
  const answer = deferred<ReturnType<typeof issue>>()
  provider.onRefresh = () => answer.promise
  const { manager, tell } = createWatchingManager(provider, { lock: createLock() })
  const old = manager.getToken()
  await jest.advanceTimersByTimeAsync(10)
  tell('changed')
  await jest.advanceTimersByTimeAsync(10)
  expect(provider).toMatchObject({ reads: 2, mostRunning: 1 })
  answer.resolve(issue())
  expect(await settled(old)).toBe(accessTokenOf(provider.stored))
  expect(provider.mostRunning).toBe(1)
})

test('close() releases those who wait for the lock', async () => {
  const lock: RefreshLock = { run: () => new Promise(() => undefined) }
  const [tab] = createTabs(1, createProvider(expired()), { lock })
  const waiting = tab?.getToken()
  waiting?.catch(() => undefined)
  await jest.advanceTimersByTimeAsync(0)
  tab?.close()
  await expect(waiting).rejects.toMatchObject({ code: 'closed' })
})

test('a lock of a class keeps its this', async () => {
  class Lock implements RefreshLock {
    #turns = 0
    run<T>(_: string, task: () => Promise<T>): Promise<T> {
      this.#turns++
      return task()
    }
    get turns() {
      return this.#turns
    }
  }
  const lock = new Lock()
  const provider = createProvider(expired())
  const [tab] = createTabs(1, provider, { lock })
  expect(await tab?.getToken()).toBe(accessTokenOf(provider.stored))
  expect(lock.turns).toBe(1)
})

describe('another tab tells that it has refreshed, and keeps the lock', () => {
  const keepLock = () => {
    const lock = createLock()
    const letGo = deferred<undefined>()
    void lock.run('', () => letGo.promise)
    return { lock, letGo }
  }

  test('who waits for the lock takes its token', async () => {
    const provider = createProvider(expired())
    const { manager, tell } = createWatchingManager(provider, { lock: keepLock().lock })
    const waiting = [manager.getToken(), manager.getToken()]
    await jest.advanceTimersByTimeAsync(10)
    provider.stored = issue()
    tell('tokenRefresh')
    expect(await Promise.all(waiting)).toEqual(Array(2).fill(accessTokenOf(provider.stored)))
    expect(provider.refreshes).toBe(0)
  })

  test('what waited for the lock refreshes nothing when it comes', async () => {
    const provider = createProvider(expired())
    const { lock, letGo } = keepLock()
    const { manager, tell } = createWatchingManager(provider, { lock })
    const waiting = manager.getToken()
    await jest.advanceTimersByTimeAsync(10)
    provider.stored = issue()
    tell('tokenRefresh')
    await waiting
    const { reads } = provider
    letGo.resolve(undefined)
    await jest.advanceTimersByTimeAsync(1_000)
    expect(provider).toMatchObject({ reads, refreshes: 0 })
  })

  test('who wants a refresh of its own goes on waiting', async () => {
    const provider = createProvider()
    const { lock, letGo } = keepLock()
    const { manager, tell } = createWatchingManager(provider, { lock })
    const waiting = manager.getToken({ forceRefresh: true })
    await jest.advanceTimersByTimeAsync(10)
    tell('tokenRefresh')
    await jest.advanceTimersByTimeAsync(10)
    expect(lock.names).toHaveLength(2)
    letGo.resolve(undefined)
    expect(await waiting).toBe(accessTokenOf(provider.stored))
    expect(provider.refreshes).toBe(1)
  })

  test('a refresh under way is not given up', async () => {
    const provider = createProvider(expired())
    const answer = deferred<ReturnType<typeof issue>>()
    provider.onRefresh = () => answer.promise
    const { manager, tell } = createWatchingManager(provider, { lock: createLock() })
    const waiting = manager.getToken()
    await jest.advanceTimersByTimeAsync(10)
    tell('tokenRefresh')
    answer.resolve(issue())
    expect(await waiting).toBe(accessTokenOf(provider.stored))
    expect(provider).toMatchObject({ reads: 2, refreshes: 1 })
  })
})

test('a forced refresh under the lock is a refresh, whoever refreshed before', async () => {
  const provider = createProvider()
  const tabs = createTabs(2, provider, { lock: createLock() })
  await settled(Promise.all(tabs.map((tab) => tab.getToken({ forceRefresh: true }))))
  expect(provider).toMatchObject({ refreshes: 2, mostRunning: 1 })
})
