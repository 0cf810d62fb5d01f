import {
  createTokenManager,
  type RefreshLock,
  type SignOutOptions,
  type TokenManagerOptions,
} from '../../src/index.js'
import {
  createProvider,
  createWatchingManager,
  deferred,
  issue,
  type FakeProvider,
} from '../support/provider.js'

beforeEach(() => {
  jest.useFakeTimers()
})

interface SigningOut extends FakeProvider {
  signOut: jest.Mock<Promise<unknown>, [options?: SignOutOptions]>
}

/** A provider that can sign out, as Amplify does: tokens are forgotten when it is done. */
function signingOut(stored: ReturnType<typeof issue> | null = issue()): SigningOut {
  const provider = createProvider(stored)
  const signOut = jest.fn(async () => {
    await Promise.resolve()
    provider.stored = null
  })
  return Object.assign(provider, { signOut })
}

function session(options: TokenManagerOptions = {}, provider = signingOut()) {
  const { manager, tell } = createWatchingManager(provider, options)
  const events: string[] = []
  manager.subscribe(({ type }) => events.push(type))
  return { provider, manager, tell, events }
}

const settle = (ms = 0) => jest.advanceTimersByTimeAsync(ms)
const codeOf = (asked: Promise<unknown>) =>
  asked.then(String, (error: unknown) => (error as { code?: string }).code)
/** A session that needs a refresh, and a refresh that waits for its answer. */
function refreshing(options: TokenManagerOptions = {}) {
  const answer = deferred<ReturnType<typeof issue>>()
  const all = session(options, signingOut(issue({ issuedAgoMs: 3_600_000 })))
  all.provider.onRefresh = () => answer.promise
  return { ...all, answer }
}

test('signs out where the tokens come from, and tells of it once', async () => {
  const { provider, manager, tell, events } = session()
  await manager.getToken()
  provider.signOut.mockImplementation(() => {
    provider.stored = null
    tell('signedOut')
    return Promise.resolve()
  })
  await manager.signOut({ global: true })
  expect(provider.signOut.mock.calls).toEqual([[{ global: true }]])
  expect(events).toEqual(['signedOut'])
  expect(await manager.getToken()).toBeNull()
})

test('no request gets the old token from then on, however long it takes', async () => {
  const { provider, manager } = session()
  const rejectedToken = String(await manager.getToken())
  const done = deferred<undefined>()
  provider.signOut.mockReturnValue(done.promise)
  const signedOut = manager.signOut()
  for (const seconds of [0, 2, 20]) {
    await settle(seconds * 1_000)
    expect(await manager.getToken()).toBeNull()
    expect(await manager.getToken({ forceRefresh: true })).toBeNull()
    expect(await codeOf(manager.getToken({ rejectedToken }))).toBe('signedOut')
  }
  provider.stored = null
  done.resolve(undefined)
  await signedOut
  expect(provider.refreshes).toBe(0)
  expect(provider.signOut).toHaveBeenCalledTimes(1)
})

test('Amplify’s callers line up behind it: a sign-in that looks first is no part of it', async () => {
  const { provider, manager } = session()
  await manager.getToken()
  const done = deferred<undefined>()
  provider.signOut.mockReturnValue(done.promise)
  const signedOut = manager.signOut()
  await settle()
  const controller = new AbortController()
  const asked = manager.getTokens()
  const aborted = codeOf(manager.getTokens({ signal: controller.signal }))
  await settle(20_000)
  expect(await Promise.race([asked, settle().then(() => 'waits')])).toBe('waits')
  controller.abort(Object.assign(new Error(), { code: 'aborted' }))
  expect(await aborted).toBe('aborted')
  provider.stored = issue({ sub: 'bob' })
  done.resolve(undefined)
  await signedOut
  expect(String((await asked)?.accessToken)).toMatch('bob')
})

test('but not for ever', async () => {
  const { provider, manager } = session({ refreshTimeoutMs: 10_000 })
  provider.signOut.mockReturnValue(new Promise(() => undefined))
  void manager.signOut()
  await settle()
  const asked = manager.getTokens()
  await settle(10_000)
  expect(await asked).toBeNull()
})

test('nor do listeners that ask as soon as they hear of it', async () => {
  const { manager } = session()
  await manager.getToken()
  await settle(2_000)
  const asked: Promise<string | null>[] = []
  manager.subscribe(() => asked.push(manager.getToken()))
  await manager.signOut()
  expect(await Promise.all(asked)).toEqual([null])
})

test('who waits for a refresh is rejected at once; the refresh is waited for, so that nothing outlives the sign-out', async () => {
  const { provider, manager, answer } = refreshing()
  const asked = codeOf(manager.getToken())
  await settle()
  const signedOut = manager.signOut()
  expect(await asked).toBe('signedOut')
  await settle(1_000)
  expect(provider.signOut).not.toHaveBeenCalled()
  answer.resolve(issue())
  await signedOut
  expect(provider.signOut).toHaveBeenCalledTimes(1)
  expect(provider.stored).toBeNull()
  await settle(2_000)
  expect(await manager.getToken()).toBeNull()
})

test('a refresh that hangs is called off after three seconds', async () => {
  const { provider, manager, answer } = refreshing()
  void Promise.allSettled([manager.getToken()])
  await settle()
  const signedOut = manager.signOut()
  await settle(2_999)
  expect(provider.signOut).not.toHaveBeenCalled()
  await settle(1)
  await signedOut
  answer.resolve(issue())
  await settle()
  expect(await manager.getToken()).toBeNull()
})

test('nor does the next user wait for it', async () => {
  const { provider, manager } = refreshing()
  void Promise.allSettled([manager.getToken()])
  await settle()
  const signedOut = manager.signOut()
  await settle(3_000)
  await signedOut
  provider.stored = issue({ sub: 'bob' })
  await settle(2_000)
  expect(await Promise.race([manager.getToken(), settle(50)])).toMatch('bob')
})

test('a sign-in that is heard of meanwhile is none: it is being signed out', async () => {
  const { provider, manager, tell, events } = session()
  await manager.getToken()
  const done = deferred<undefined>()
  provider.signOut.mockReturnValue(done.promise)
  const signedOut = manager.signOut()
  await settle()
  tell('signedIn')
  await settle()
  provider.stored = null
  done.resolve(undefined)
  await signedOut
  expect(events).toEqual(['signedOut'])
})

test('a look that is under way refreshes nothing any more', async () => {
  const { provider, manager } = session({}, signingOut(issue({ issuedAgoMs: 3_600_000 })))
  void Promise.allSettled([manager.getToken()])
  await manager.signOut()
  expect(provider.refreshes).toBe(0)
})

describe('the lock', () => {
  function lockOf(granted: Promise<unknown>) {
    const names: string[] = []
    const signals: (AbortSignal | undefined)[] = []
    const lock: RefreshLock = {
      run: async (name, task, { signal } = {}) => {
        names.push(name)
        signals.push(signal)
        await granted
        return task()
      },
    }
    return { lock, names, signals }
  }

  test('is waited for: another tab may be storing what it has refreshed', async () => {
    const turn = deferred<undefined>()
    const { lock, names } = lockOf(turn.promise)
    const { provider, manager } = session({ lock })
    const signedOut = manager.signOut()
    await settle(2_000)
    expect(names).toEqual(['amplify-bearer'])
    expect(provider.signOut).not.toHaveBeenCalled()
    turn.resolve(undefined)
    await signedOut
    expect(provider.signOut).toHaveBeenCalledTimes(1)
  })

  test('that does not come keeps nobody signed in, and is not waited for any more', async () => {
    const { lock, signals } = lockOf(new Promise(() => undefined))
    const { provider, manager } = session({ lock })
    const signedOut = manager.signOut()
    await settle(2_999)
    expect(signals).toMatchObject([{ aborted: false }])
    await settle(1)
    await signedOut
    expect(signals).toMatchObject([{ aborted: true }])
    expect(provider.stored).toBeNull()
  })

  test('that fails keeps nobody signed in', async () => {
    const lock = { run: () => Promise.reject(new Error('no redis')) }
    const { provider, manager } = session({ lock })
    await manager.signOut()
    expect(provider.signOut).toHaveBeenCalledTimes(1)
    expect(provider.stored).toBeNull()
  })
})

test('twice is once', async () => {
  const { provider, manager } = session()
  await Promise.all([manager.signOut(), manager.signOut()])
  expect(provider.signOut).toHaveBeenCalledTimes(1)
})

test('whoever signs in afterwards gets their own token', async () => {
  const { provider, manager, tell, events } = session()
  await manager.getToken()
  await manager.signOut()
  provider.stored = issue({ sub: 'bob' })
  tell('signedIn')
  expect(await manager.getToken()).toMatch('bob')
  expect(events).toEqual(['signedOut', 'signedIn'])
})

test('where signing out fails it says so, and who still is signed in goes on', async () => {
  const { provider, manager } = session()
  const token = await manager.getToken()
  provider.signOut.mockRejectedValueOnce(new Error('OAuth'))
  await expect(manager.signOut()).rejects.toThrow('OAuth')
  expect(await manager.getToken()).toBe(token)
  await manager.signOut()
  expect(await manager.getToken()).toBeNull()
})

test('requests that wait for somebody to sign in again are rejected', async () => {
  const contexts: { signal: AbortSignal }[] = []
  const reauthenticate = (context: { signal: AbortSignal }) => {
    contexts.push(context)
    return new Promise<boolean>(() => undefined)
  }
  const { provider, manager, events } = session(
    { reauthenticate },
    signingOut(issue({ issuedAgoMs: 3_600_000 })),
  )
  provider.onRefresh = () => null
  const asked = codeOf(manager.getToken({ waitForSignIn: true }))
  await settle()
  await manager.signOut()
  expect(await asked).toBe('signedOut')
  expect(contexts[0]?.signal.aborted).toBe(true)
  expect(events).toEqual(['refreshFailed', 'signedOut'])
})

test('a provider that cannot sign out, and a closed manager, say so', async () => {
  const manager = createTokenManager({ tokenProvider: createProvider() })
  await manager.getToken()
  await expect(manager.signOut()).rejects.toThrow(
    new TypeError('amplify-bearer: tokenProvider.signOut must be a function, not "undefined"'),
  )
  expect(await manager.getToken()).not.toBeNull()
  manager.close()
  await expect(manager.signOut()).rejects.toMatchObject({ code: 'closed' })
})
