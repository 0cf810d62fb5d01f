import { toBearerError } from '../../src/amplify/toBearerError.js'
import {
  createTokenManager,
  type ReauthenticationContext,
  type TokenManagerOptions,
} from '../../src/index.js'
import { createManager } from '../../src/manager/createManager.js'
import { accessTokenOf, createProvider, createWatchingManager, deferred, issue } from '../support/provider.js'

const MINUTE_MS = 60_000
const expired = () => issue({ issuedAgoMs: 60 * MINUTE_MS })
const waitForSignIn = { waitForSignIn: true }

beforeEach(() => {
  jest.useFakeTimers()
})

/** A session whose refresh token is rejected, and an application that is asked to sign its user in again. */
function ending(
  options: Omit<TokenManagerOptions, 'tokenProvider'> = {},
  stored: ReturnType<typeof issue> | null = expired(),
) {
  const provider = createProvider(stored)
  provider.onRefresh = () => null
  const contexts: ReauthenticationContext[] = []
  const answer = deferred<boolean>()
  const reauthenticate = jest.fn((context: ReauthenticationContext) => {
    contexts.push(context)
    return answer.promise
  })
  const { manager, tell } = createWatchingManager(provider, { reauthenticate, ...options })
  const events: string[] = []
  manager.subscribe(({ type }) => events.push(type))
  const signIn = (sub?: string) => {
    provider.stored = issue(sub === undefined ? {} : { sub })
    provider.onRefresh = () => issue()
  }
  return { provider, manager, tell, events, reauthenticate, contexts, answer, signIn }
}

const settle = () => jest.advanceTimersByTimeAsync(0)
const codeOf = (asked: Promise<unknown>) =>
  asked.then(String, (error: unknown) => (error as { code?: string }).code)

describe('signed in again as the same user', () => {
  test('requests go out with the new token; the application was asked once, and nobody was told of an end', async () => {
    const { provider, manager, events, reauthenticate, answer, signIn } = ending()
    const asked = Array.from({ length: 20 }, () => manager.getToken(waitForSignIn))
    await settle()
    const later = Array.from({ length: 20 }, () => manager.getToken(waitForSignIn))
    await jest.advanceTimersByTimeAsync(MINUTE_MS)
    signIn()
    answer.resolve(true)
    expect(new Set(await Promise.all([...asked, ...later]))).toEqual(
      new Set([accessTokenOf(provider.stored)]),
    )
    expect(reauthenticate).toHaveBeenCalledTimes(1)
    expect(events).toEqual(['refreshFailed'])
    expect(provider.refreshes).toBe(1)
  })

  test('a refused request gets the new token for its replay', async () => {
    const { provider, manager, answer, signIn } = ending({}, issue())
    const rejectedToken = String(await manager.getToken())
    const asked = manager.getToken({ rejectedToken, ...waitForSignIn })
    await settle()
    signIn()
    answer.resolve(true)
    expect(await asked).toBe(accessTokenOf(provider.stored))
  })

  test('elsewhere, or before the application says so: requests go out, and the dialog is taken away', async () => {
    const { provider, manager, tell, contexts, signIn, events } = ending()
    const asked = manager.getToken(waitForSignIn)
    await settle()
    expect(contexts[0]?.signal.aborted).toBe(false)
    signIn()
    tell('signedIn')
    expect(await asked).toBe(accessTokenOf(provider.stored))
    expect(contexts[0]?.signal.aborted).toBe(true)
    expect(events).toEqual(['refreshFailed'])
  })

  test('storage that fails at that moment is a failure, but no end', async () => {
    const { provider, manager, events, answer, signIn } = ending()
    const asked = codeOf(manager.getToken(waitForSignIn))
    await settle()
    signIn()
    jest.spyOn(provider, 'getTokens').mockRejectedValueOnce(new Error('storage'))
    answer.resolve(true)
    await jest.advanceTimersByTimeAsync(1_000)
    expect(await asked).toBe('serviceError')
    expect(await manager.getToken()).toBe(accessTokenOf(provider.stored))
    expect(events).toEqual(['refreshFailed', 'refreshFailed'])
  })

  test('a look that began before, and is slow, does not decide', async () => {
    const { provider, manager, events, answer, signIn } = ending()
    const waiting = manager.getToken(waitForSignIn)
    await jest.advanceTimersByTimeAsync(2_000)
    const before = deferred<null>()
    jest.spyOn(provider, 'getTokens').mockReturnValueOnce(before.promise)
    const socket = manager.getToken()
    await settle()
    signIn()
    answer.resolve(true)
    await settle()
    before.resolve(null)
    expect(await waiting).toBe(accessTokenOf(provider.stored))
    await socket
    expect(events).toEqual(['refreshFailed'])
  })

  test('elsewhere, and nobody tells: a check finds it', async () => {
    const { provider, manager, contexts, events, signIn } = ending()
    const asked = manager.getToken(waitForSignIn)
    manager.startAutoRefresh()
    await jest.advanceTimersByTimeAsync(60_000)
    signIn()
    await jest.advanceTimersByTimeAsync(15_000)
    expect(await asked).toBe(accessTokenOf(provider.stored))
    expect(contexts[0]?.signal.aborted).toBe(true)
    expect(events).toEqual(['refreshFailed'])
  })

  test('elsewhere, and nobody tells: found at the latest when the time is up', async () => {
    const { provider, manager, events, signIn } = ending()
    const asked = manager.getToken(waitForSignIn)
    await jest.advanceTimersByTimeAsync(4 * MINUTE_MS)
    signIn()
    await jest.advanceTimersByTimeAsync(MINUTE_MS)
    expect(await asked).toBe(accessTokenOf(provider.stored))
    expect(events).toEqual(['refreshFailed'])
  })

  test('a dialog that rejects when it is taken away has not failed', async () => {
    const printed = jest.spyOn(console, 'error').mockImplementation(() => undefined)
    const { provider, manager, tell, contexts, answer, signIn } = ending()
    const asked = manager.getToken(waitForSignIn)
    await settle()
    contexts[0]?.signal.addEventListener('abort', () => {
      answer.reject(new Error('aborted'))
    })
    signIn()
    tell('signedIn')
    expect(await asked).toBe(accessTokenOf(provider.stored))
    await settle()
    expect(printed).not.toHaveBeenCalled()
  })

  test('the next end of the session is another question', async () => {
    const { provider, manager, tell, reauthenticate, signIn } = ending()
    const asked = manager.getToken(waitForSignIn)
    await settle()
    signIn()
    tell('signedIn')
    await asked
    provider.onRefresh = () => null
    void Promise.allSettled([manager.getToken({ forceRefresh: true, ...waitForSignIn })])
    await settle()
    expect(reauthenticate).toHaveBeenCalledTimes(2)
  })

  test('a session that was over when the application started is one as well', async () => {
    const { provider, manager, answer, signIn, contexts } = ending({}, null)
    // As Amplify does it without the guard: the first look finds what has expired, and is rejected.
    jest
      .spyOn(provider, 'getTokens')
      .mockRejectedValueOnce(Object.assign(new Error(), { name: 'NotAuthorizedException' }))
    const asked = manager.getToken(waitForSignIn)
    await settle()
    expect(contexts).toMatchObject([{ claims: {} }])
    signIn()
    answer.resolve(true)
    expect(await asked).toBe(accessTokenOf(provider.stored))
  })
})

test('the application learns who it was, and nothing that lets anybody in', async () => {
  const { manager, contexts } = ending()
  void Promise.allSettled([manager.getToken(waitForSignIn)])
  await settle()
  expect(contexts).toMatchObject([{ claims: { sub: 'alice', token_use: 'id' } }])
  expect(JSON.stringify(contexts)).not.toContain('secret')
})

describe('not signed in again', () => {
  test.each<[string, (session: ReturnType<typeof ending>) => void]>([
    [
      'given up',
      ({ answer }) => {
        answer.resolve(false)
      },
    ],
    [
      'failed',
      ({ answer }) => {
        answer.reject(new Error('no dialog'))
      },
    ],
    [
      'too late',
      () => {
        jest.advanceTimersByTime(5 * MINUTE_MS)
      },
    ],
    [
      'so it says, but nobody is there',
      ({ answer }) => {
        answer.resolve(true)
      },
    ],
  ])('%s: those who wait fail, listeners are told once, later requests go out bare', async (_, how) => {
    const printed = jest.spyOn(console, 'error').mockImplementation(() => undefined)
    const session = ending()
    const { manager, events, contexts } = session
    const asked = [1, 2, 3].map(() => codeOf(manager.getToken(waitForSignIn)))
    await settle()
    expect(events).toEqual(['refreshFailed'])
    how(session)
    expect(await Promise.all(asked)).toEqual(['sessionExpired', 'sessionExpired', 'sessionExpired'])
    expect(events).toEqual(['refreshFailed', 'sessionExpired'])
    expect(contexts[0]?.signal.aborted).toBe(true)
    expect(printed).toHaveBeenCalledTimes(_ === 'failed' ? 1 : 0)
    expect(await manager.getToken(waitForSignIn)).toBeNull()
    expect(jest.getTimerCount()).toBe(0)
  })

  test('the time can be set', async () => {
    const { manager, events } = ending({ reauthenticateTimeoutMs: 1_000 })
    const asked = codeOf(manager.getToken(waitForSignIn))
    await jest.advanceTimersByTimeAsync(999)
    expect(events).toEqual(['refreshFailed'])
    await jest.advanceTimersByTimeAsync(1)
    expect(await asked).toBe('sessionExpired')
  })

  test('as somebody else: nobody gets that token who asked for another', async () => {
    const { manager, events, answer, signIn } = ending()
    const asked = [1, 2].map(() => codeOf(manager.getToken(waitForSignIn)))
    await settle()
    const later = codeOf(manager.getToken(waitForSignIn))
    signIn('bob')
    answer.resolve(true)
    expect(await Promise.all([...asked, later])).toEqual(['userChanged', 'userChanged', 'userChanged'])
    expect(events).toEqual(['refreshFailed', 'userChanged'])
    expect(await manager.getToken()).toMatch('bob')
  })

  test('the user signs out instead: that is what is told', async () => {
    const { manager, tell, events, contexts } = ending()
    const asked = codeOf(manager.getToken(waitForSignIn))
    await settle()
    tell('signedOut')
    expect(await asked).toBe('signedOut')
    expect(events).toEqual(['refreshFailed', 'signedOut'])
    expect(contexts[0]?.signal.aborted).toBe(true)
  })

  test('the manager is closed: those who wait are released', async () => {
    const { manager, contexts } = ending()
    const asked = codeOf(manager.getToken(waitForSignIn))
    await settle()
    manager.close()
    expect(await asked).toBe('closed')
    expect(contexts[0]?.signal.aborted).toBe(true)
    expect(jest.getTimerCount()).toBe(0)
  })
})

describe('who waits', () => {
  test('no more than the queue takes; who finds it full fails at once', async () => {
    const { provider, manager, answer, signIn } = ending({ reauthenticateQueueSize: 2 })
    const asked = [1, 2, 3].map(() => codeOf(manager.getToken(waitForSignIn)))
    await settle()
    expect(await asked[2]).toBe('sessionExpired')
    signIn()
    answer.resolve(true)
    expect(await Promise.all(asked.slice(0, 2))).toEqual([
      accessTokenOf(provider.stored),
      accessTokenOf(provider.stored),
    ])
  })

  test('who is aborted makes room', async () => {
    const { manager } = ending({ reauthenticateQueueSize: 1 })
    const controller = new AbortController()
    const { signal } = controller
    const aborted = codeOf(manager.getToken({ signal, ...waitForSignIn }))
    await settle()
    controller.abort(new Error('changed my mind'))
    expect(await aborted).toBeUndefined()
    const asked = manager.getToken(waitForSignIn)
    await settle()
    expect(await Promise.race([codeOf(asked), settle().then(() => 'waits')])).toBe('waits')
  })

  test('not the application’s own calls, which would wait for themselves', async () => {
    const provider = createProvider(expired())
    provider.onRefresh = () => null
    const seen: unknown[] = []
    const manager = createTokenManager({
      tokenProvider: provider,
      reauthenticate: async () => {
        seen.push(
          await manager.getToken(),
          await manager.getTokens(),
          await manager.getToken({ forceRefresh: true }),
        )
        return false
      },
    })
    expect(await codeOf(manager.getToken(waitForSignIn))).toBe('sessionExpired')
    expect(seen).toEqual([null, null, null])
  })

  test('not longer than the refresh’s own deadline because of it: that is over by then', async () => {
    const { provider, manager, answer, signIn } = ending({ refreshTimeoutMs: 1_000 })
    const asked = manager.getToken(waitForSignIn)
    await jest.advanceTimersByTimeAsync(10_000)
    signIn()
    answer.resolve(true)
    expect(await asked).toBe(accessTokenOf(provider.stored))
    expect(manager.stats().failures).toEqual({ sessionExpired: 1 })
  })

  test('with the lock free meanwhile', async () => {
    let held = 0
    const lock = {
      run: async <T>(_: string, task: () => Promise<T>) => {
        held++
        return task().finally(() => held--)
      },
    }
    const { manager } = ending({ lock })
    void Promise.allSettled([manager.getToken(waitForSignIn)])
    // Others may see a moment later what was cleared.
    await jest.advanceTimersByTimeAsync(50)
    expect(held).toBe(0)
  })
})

test('whoever was signed in when the application started: given up, those who wait fail', async () => {
  const { provider, manager, answer } = ending({}, null)
  jest
    .spyOn(provider, 'getTokens')
    .mockRejectedValueOnce(Object.assign(new Error(), { name: 'NotAuthorizedException' }))
  const asked = codeOf(manager.getToken(waitForSignIn))
  await settle()
  answer.resolve(false)
  expect(await asked).toBe('sessionExpired')
})

test('rejected once more meanwhile, the application is not asked once more', async () => {
  const { provider, manager, reauthenticate, events } = ending()
  void Promise.allSettled([manager.getToken(waitForSignIn)])
  await settle()
  provider.onRefresh = () => Promise.reject(Object.assign(new Error(), { name: 'NotAuthorizedException' }))
  expect(await codeOf(manager.getToken({ forceRefresh: true }))).toBe('sessionExpired')
  expect(reauthenticate).toHaveBeenCalledTimes(1)
  expect(events).toEqual(['refreshFailed', 'refreshFailed'])
})

test('who does not wait learns why there is no token', async () => {
  const { manager } = ending({}, issue())
  const rejectedToken = String(await manager.getToken())
  void Promise.allSettled([manager.getToken({ rejectedToken, ...waitForSignIn })])
  await settle()
  expect(await codeOf(manager.getToken({ rejectedToken }))).toBe('sessionExpired')
})

test('a closed manager asks nobody, even if a look was under way of which it hears then', async () => {
  let tell: (change: string) => void = () => undefined
  // As amplifySource, which finds out first whether somebody really has signed out.
  const watch = (listener: typeof tell) => {
    tell = listener
    return () => undefined
  }
  const reauthenticate = jest.fn(() => Promise.resolve(false))
  const manager = createManager({ provider: createProvider(), watch }, toBearerError, { reauthenticate })
  await manager.getToken()
  manager.close()
  tell('sessionExpired')
  await settle()
  expect(reauthenticate).not.toHaveBeenCalled()
})

test('storage that still shows the lost token does not look like a sign-in', async () => {
  const { provider, manager, reauthenticate, events } = ending()
  const lost = provider.stored
  void Promise.allSettled([manager.getToken(waitForSignIn)])
  await settle()
  provider.stored = lost
  await jest.advanceTimersByTimeAsync(2_000)
  expect(await manager.getToken()).toBeNull()
  expect(reauthenticate).toHaveBeenCalledTimes(1)
  expect(events).toEqual(['refreshFailed'])
})

test('found in the background as well', async () => {
  const { manager, reauthenticate } = ending()
  manager.startAutoRefresh()
  await jest.advanceTimersByTimeAsync(15_000)
  expect(reauthenticate).toHaveBeenCalledTimes(1)
})

test('a sign-out, or nobody to begin with, is no reason to ask', async () => {
  const { provider, manager, tell, reauthenticate } = ending({}, issue())
  await manager.getToken()
  provider.stored = null
  tell('signedOut')
  expect(await manager.getToken(waitForSignIn)).toBeNull()
  expect(await manager.getToken({ forceRefresh: true, ...waitForSignIn })).toBeNull()
  provider.onRefresh = () => Promise.reject(Object.assign(new Error(), { name: 'NotAuthorizedException' }))
  expect(await codeOf(manager.getToken({ forceRefresh: true, ...waitForSignIn }))).toBe('sessionExpired')
  expect(reauthenticate).not.toHaveBeenCalled()
})

test.each([
  [{ reauthenticate: 'yes' }, 'reauthenticate must be a function, not "string"'],
  [
    { reauthenticateTimeoutMs: 0 },
    'reauthenticateTimeoutMs must be milliseconds from 1 to 2147483647, not 0',
  ],
  [{ reauthenticateQueueSize: -1 }, 'reauthenticateQueueSize must be a number of requests from 0, not -1'],
  [{ reauthenticateQueueSize: NaN }, 'reauthenticateQueueSize must be a number of requests from 0, not null'],
])('%j is refused', (options, message) => {
  const create = () =>
    createTokenManager({
      tokenProvider: createProvider(),
      ...(options as TokenManagerOptions),
    })
  expect(create).toThrow(new TypeError(`amplify-bearer: ${message}`))
})
