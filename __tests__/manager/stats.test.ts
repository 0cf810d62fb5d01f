import { createTokenManager, type ProvidedTokens, type TokenEvent } from '../../src/index.js'
import { createProvider, createWatchingManager, deferred, issue } from '../support/provider.js'

const expired = () => issue({ issuedAgoMs: 3_600_000 })
const offline = () => Promise.reject(new TypeError('Failed to fetch'))
const throttled = () => Promise.reject(Object.assign(new Error(), { name: 'TooManyRequestsException' }))
const after = (ms: number, tokens: ProvidedTokens) => () =>
  new Promise((resolve) => {
    setTimeout(resolve, ms, tokens)
  })

beforeEach(() => {
  jest.useFakeTimers()
})

function counted(stored = issue()) {
  const provider = createProvider(stored)
  const manager = createTokenManager({ tokenProvider: provider })
  const events: TokenEvent[] = []
  manager.subscribe((event) => events.push(event))
  const refresh = async (onRefresh: () => unknown) => {
    provider.onRefresh = onRefresh
    const asked = manager.getToken({ forceRefresh: true }).catch(() => null)
    await jest.advanceTimersByTimeAsync(500)
    await asked
    jest.advanceTimersByTime(30_000)
  }
  return { provider, manager, events, refresh }
}

test('refreshes are counted and timed', async () => {
  const { manager, events, refresh } = counted()
  await refresh(after(300, issue()))
  await refresh(after(100, issue()))
  expect(manager.stats()).toEqual({
    refreshes: 2,
    failures: {},
    waits: 2,
    replays: 0,
    refreshLatencyMs: { count: 2, total: 400, max: 300 },
  })
  expect(events).toEqual([
    { type: 'refreshed', reason: 'forced', durationMs: 300 },
    { type: 'refreshed', reason: 'forced', durationMs: 100 },
  ])
})

test('failures are counted by code, and told', async () => {
  const { manager, events, refresh } = counted()
  await refresh(offline)
  await refresh(offline)
  await refresh(throttled)
  expect(manager.stats()).toMatchObject({
    refreshes: 0,
    failures: { offline: 2, throttled: 1 },
    refreshLatencyMs: { count: 0 },
  })
  const failed = { type: 'refreshFailed', retryable: true, durationMs: 0 }
  expect(events).toMatchObject([
    { ...failed, code: 'offline' },
    { ...failed, code: 'offline' },
    { ...failed, code: 'throttled' },
  ])
})

test('a wait is counted once a caller, however often it looks; a token in hand is none', async () => {
  const { provider, manager } = counted()
  const read = deferred<ReturnType<typeof issue>>()
  jest.spyOn(provider, 'getTokens').mockReturnValueOnce(read.promise)
  const waiting = [manager.getToken(), manager.getToken({ forceRefresh: true })]
  await jest.advanceTimersByTimeAsync(0)
  read.resolve(issue())
  await Promise.all(waiting)
  await manager.getToken()
  expect(manager.stats()).toMatchObject({ refreshes: 1, waits: 2 })
})

test('replays are counted and told, first sends are not', async () => {
  const { manager, events } = counted()
  const token = String(await manager.getToken())
  manager.report({ token, accepted: true })
  expect(manager.stats().replays).toBe(0)
  manager.report({ token, accepted: true, replayOf: 'GET /users' })
  manager.report({ token, accepted: false, replayOf: 'GET /admin' })
  expect(manager.stats().replays).toBe(2)
  expect(events).toEqual([
    { type: 'replayed', accepted: true },
    { type: 'replayed', accepted: false },
  ])
})

test('what stats() gave does not change any more', async () => {
  const { manager, refresh } = counted()
  const before = manager.stats()
  await refresh(issue)
  expect(before).toMatchObject({ refreshes: 0, refreshLatencyMs: { count: 0 } })
})

test('the duration of a refresh does not count its wait for one that a sign-in made useless', async () => {
  const provider = createProvider(expired())
  const answers = [
    after(500, issue({ sub: 'bob', issuedAgoMs: 3_600_000 })),
    after(100, issue({ sub: 'bob' })),
  ]
  provider.onRefresh = () => answers.shift()?.()
  const { manager, tell } = createWatchingManager(provider)
  const events: TokenEvent[] = []
  manager.subscribe((event) => events.push(event))
  const asked = manager.getToken().catch(() => null)
  await jest.advanceTimersByTimeAsync(0)
  tell('signedIn')
  await jest.advanceTimersByTimeAsync(600)
  await asked
  expect(events).toContainEqual({ type: 'refreshed', reason: 'expired', durationMs: 100 })
})
