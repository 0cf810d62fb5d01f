import { accessTokenOf, createProvider, createWatchingManager, deferred, issue } from '../support/provider.js'

const alice = () => issue()
const bob = () => issue({ sub: 'bob' })
const expired = () => issue({ issuedAgoMs: 3_600_000 })

beforeEach(() => {
  jest.useFakeTimers()
})

function followed(stored: ReturnType<typeof issue> | null) {
  const provider = createProvider(stored)
  const { manager, tell } = createWatchingManager(provider)
  const events: string[] = []
  manager.subscribe(({ type }) => events.push(type))
  return { provider, manager, events, tell }
}

test.each([
  { before: alice(), change: 'signedOut' as const, after: null, told: ['signedOut'] },
  { before: null, change: 'signedIn' as const, after: alice(), told: ['signedIn'] },
  { before: alice(), change: 'signedIn' as const, after: bob(), told: ['userChanged'] },
  { before: alice(), change: 'signedIn' as const, after: alice(), told: [] },
  { before: alice(), change: 'tokenRefresh' as const, after: alice(), told: [] },
])('$change is followed without a request: listeners hear $told', async ({ before, change, after, told }) => {
  const { provider, manager, events, tell } = followed(before)
  await manager.getToken()
  provider.stored = after
  tell(change)
  await jest.advanceTimersByTimeAsync(0)
  expect(events).toEqual(told)
  expect(await manager.getToken()).toBe(after && accessTokenOf(after))
  expect(events).toEqual(told)
})

test('any other change puts what is in hand in doubt: the next look is waited for, however slow', async () => {
  const { provider, manager, events, tell } = followed(null)
  expect(await manager.getToken()).toBeNull()
  const look = deferred<ReturnType<typeof issue>>()
  provider.getTokens = () => look.promise
  tell('configure')
  const asked = manager.getToken()
  await jest.advanceTimersByTimeAsync(5_000)
  look.resolve(alice())
  expect(await asked).toMatch(/alice/)
  expect(events).toEqual(['signedIn'])
})

test('a sign-out releases who waits for a refresh at once, and what that brings is not used', async () => {
  const { provider, manager, events, tell } = followed(expired())
  const answer = deferred<ReturnType<typeof issue>>()
  provider.onRefresh = () => answer.promise
  const waiting = manager.getToken()
  await jest.advanceTimersByTimeAsync(0)
  tell('signedOut')
  await expect(waiting).rejects.toMatchObject({ code: 'signedOut' })
  answer.resolve(alice())
  await jest.advanceTimersByTimeAsync(0)
  expect(events).toEqual(['signedOut'])
})

test('after a sign-out nobody waits for the last user’s refresh, which may hang', async () => {
  const { provider, manager, tell } = followed(expired())
  provider.onRefresh = () => new Promise(() => undefined)
  manager.getToken().catch(() => undefined)
  await jest.advanceTimersByTimeAsync(0)
  tell('signedOut')
  provider.stored = bob()
  tell('signedIn')
  expect(await manager.getToken()).toMatch(/bob/)
})

test('a sign-in refuses who waits for the last user, whose refresh is not used', async () => {
  const { provider, manager, events, tell } = followed(expired())
  const answer = deferred<ReturnType<typeof issue>>()
  provider.onRefresh = () => answer.promise.finally(() => (provider.getTokens = () => Promise.resolve(bob())))
  const outcome = jest.fn()
  manager.getToken().then(outcome, outcome)
  await jest.advanceTimersByTimeAsync(0)
  tell('signedIn')
  answer.resolve(alice())
  await jest.advanceTimersByTimeAsync(0)
  expect(outcome).toHaveBeenCalledWith(expect.objectContaining({ code: 'userChanged' }))
  expect(events).toEqual(['userChanged'])
})

test("a sign-in outlives the rejection of the last user's grant", async () => {
  const { provider, manager, events, tell } = followed(expired())
  const answer = deferred<null>()
  const refresh = jest.spyOn(provider, 'onRefresh').mockReturnValue(answer.promise)
  void Promise.allSettled([manager.getToken()])
  await jest.advanceTimersByTimeAsync(0)
  expect(refresh).toHaveBeenCalled()
  jest.spyOn(provider, 'getTokens').mockResolvedValue(bob())
  tell('signedIn')
  answer.reject(Object.assign(new Error(), { name: 'NotAuthorizedException' }))
  await jest.advanceTimersByTimeAsync(0)
  expect(events).toEqual(['userChanged'])
  expect(await manager.getToken()).toContain('bob')
})

test("after a sign-in nobody gets the last user's token, however slow the storage", async () => {
  const { provider, manager, tell } = followed(alice())
  await manager.getToken()
  const read = deferred<ReturnType<typeof issue>>()
  provider.getTokens = () => read.promise
  tell('signedIn')
  const asked = manager.getToken()
  await jest.advanceTimersByTimeAsync(1_000)
  const found = bob()
  read.resolve(found)
  expect(await asked).toBe(accessTokenOf(found))
})

test.each(['signedIn', 'tokenRefresh'] as const)('%s ends the back-off', async (change) => {
  const { provider, manager, tell } = followed(expired())
  provider.onRefresh = () => Promise.reject(new TypeError('Failed to fetch'))
  await expect(manager.getToken()).rejects.toMatchObject({ code: 'offline' })
  provider.onRefresh = alice
  tell(change)
  expect(await manager.getToken()).toBe(accessTokenOf(provider.stored))
})

test('a sign-in during a look costs no refresh', async () => {
  const provider = createProvider()
  const { manager, tell } = createWatchingManager(provider)
  const slow = deferred<null>()
  jest.spyOn(provider, 'getTokens').mockReturnValueOnce(slow.promise)
  const asked = manager.getToken()
  await jest.advanceTimersByTimeAsync(0)
  tell('signedIn')
  slow.resolve(null)
  expect(await asked).toBe(accessTokenOf(provider.stored))
  expect(provider.refreshes).toBe(0)
})

test('a sign-in that a listener brings about while it is told of a refresh is followed as well', async () => {
  const { provider, manager, tell } = followed(alice())
  await manager.getToken()
  let asked: Promise<string | null> | undefined
  const stop = manager.subscribe(() => {
    stop()
    provider.stored = bob()
    tell('signedIn')
    asked = manager.getToken()
  })
  await Promise.allSettled([manager.getToken({ forceRefresh: true })])
  expect(await asked).toBe(accessTokenOf(provider.stored))
})

describe('where it is known why nobody is signed in any more', () => {
  async function known(rejected: boolean | undefined, shape = {}) {
    const provider = createProvider(issue(shape))
    const reauthenticate = jest.fn(() => new Promise<boolean>(() => undefined))
    const { manager, tell } = createWatchingManager(provider, { reauthenticate }, () =>
      Promise.resolve(rejected),
    )
    const events: string[] = []
    manager.subscribe(({ type }) => events.push(type))
    await manager.getToken()
    return { provider, manager, tell, events, reauthenticate }
  }

  test('another tab’s rejected grant asks the user to sign in here as well; a sign-out there does not', async () => {
    for (const rejected of [true, false]) {
      const { provider, manager, events, reauthenticate } = await known(rejected)
      provider.stored = null
      await jest.advanceTimersByTimeAsync(1_000)
      void manager.getToken({ waitForSignIn: true })
      await jest.advanceTimersByTimeAsync(0)
      expect(reauthenticate).toHaveBeenCalledTimes(rejected ? 1 : 0)
      expect(events).toEqual([rejected ? 'refreshFailed' : 'signedOut'])
    }
  })

  test('told of it: the same, without a request', async () => {
    const { provider, manager, tell, events, reauthenticate } = await known(true)
    provider.stored = null
    tell('sessionExpired')
    await jest.advanceTimersByTimeAsync(0)
    expect(reauthenticate).toHaveBeenCalledTimes(1)
    expect(events).toEqual([])
    tell('signedOut')
    expect(events).toEqual(['signedOut'])
    tell('sessionExpired')
    expect(reauthenticate).toHaveBeenCalledTimes(1)
    expect(await manager.getToken()).toBeNull()
  })

  test('told of it before anybody has looked: whose session it was, nobody knows', async () => {
    const reauthenticate = jest.fn(() => Promise.resolve(false))
    const { manager, tell } = createWatchingManager(createProvider(null), { reauthenticate })
    const events: string[] = []
    manager.subscribe(({ type }) => events.push(type))
    tell('sessionExpired')
    await jest.advanceTimersByTimeAsync(0)
    expect(reauthenticate).not.toHaveBeenCalled()
    expect(events).toEqual([])
  })

  test('whoever signs in while that is found out is signed in', async () => {
    const provider = createProvider(issue())
    const answer = deferred<boolean>()
    const { manager, tell } = createWatchingManager(provider, {}, () => answer.promise)
    const events: string[] = []
    manager.subscribe(({ type }) => events.push(type))
    await manager.getToken()
    provider.stored = null
    await jest.advanceTimersByTimeAsync(1_000)
    void manager.getToken()
    await jest.advanceTimersByTimeAsync(0)
    provider.stored = issue()
    tell('signedIn')
    answer.resolve(false)
    await jest.advanceTimersByTimeAsync(0)
    expect(await manager.getToken()).toBe(accessTokenOf(provider.stored))
    expect(events).toEqual([])
  })

  test('asked meanwhile, the manager says that nobody is signed in', async () => {
    const { provider, manager, tell } = await known(true)
    provider.stored = null
    tell('sessionExpired')
    await jest.advanceTimersByTimeAsync(1_000)
    expect(await manager.getToken()).toBeNull()
    expect(await manager.getTokens()).toBeNull()
  })

  test('who waited for the lock meanwhile is bound to whom the first look has found', async () => {
    const provider = createProvider(issue({ issuedAgoMs: 3_600_000 }))
    const turn = deferred<undefined>()
    const lock = {
      run: async <T>(_: string, task: () => Promise<T>) => {
        await turn.promise
        return task()
      },
    }
    const { manager } = createWatchingManager(provider, { lock }, () => Promise.resolve(false))
    const asked = manager.getToken().catch((error: unknown) => error)
    await jest.advanceTimersByTimeAsync(0)
    provider.stored = null
    turn.resolve(undefined)
    expect(await asked).toMatchObject({ code: 'signedOut' })
  })

  test('a sign-out elsewhere while a token was expired here is a sign-out', async () => {
    const { provider, manager, events } = await known(false)
    provider.stored = null
    await jest.advanceTimersByTimeAsync(3_600_000)
    expect(await manager.getToken()).toBeNull()
    expect(events).toEqual(['signedOut'])
  })

  test('where it is not known, an expired token that is gone was rejected', async () => {
    const { provider, manager, events } = await known(undefined)
    provider.stored = null
    await jest.advanceTimersByTimeAsync(3_600_000)
    await expect(manager.getToken()).rejects.toMatchObject({ code: 'sessionExpired' })
    expect(events).toEqual(['refreshFailed'])
  })
})
