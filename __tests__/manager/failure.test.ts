import { AuthError } from 'aws-amplify/auth'
import {
  BearerError,
  createTokenManager,
  isBearerError,
  type TokenEvent,
  type TokenManager,
} from '../../src/index.js'
import { accessTokenOf, createProvider, createWatchingManager, deferred, issue } from '../support/provider.js'

const expired = () => issue({ issuedAgoMs: 3_600_000 })
const offline = () => Promise.reject(new TypeError('Failed to fetch'))
const named = (name: string) => Object.assign(new Error('told by the service'), { name })

beforeEach(() => {
  jest.useFakeTimers()
})

function eventsOf(manager: TokenManager): string[] {
  const events: string[] = []
  manager.subscribe(({ type }) => events.push(type))
  return events
}

const nothing = null as unknown as Error

describe('a failed refresh tells', () => {
  test.each([
    ['sessionExpired', named('NotAuthorizedException')],
    ['sessionExpired', named('RefreshTokenReuseException')],
    ['sessionExpired', named('UserNotFoundException')],
    ['sessionExpired', named('UserUnAuthenticatedException')],
    ['offline', new TypeError('Failed to fetch')],
    ['offline', new TypeError('fetch failed')],
    ['offline', new TypeError('Load failed')],
    ['offline', new TypeError('Network request failed')],
    ['offline', new TypeError('NetworkError when attempting to fetch resource.')],
    ['offline', new AuthError({ name: 'NetworkError', message: 'A network error has occurred.' })],
    ['throttled', named('TooManyRequestsException')],
    ['throttled', named('LimitExceededException')],
    ['serviceError', named('InternalErrorException')],
    ['serviceError', new Error('a bug')],
    ['throttled', new BearerError('throttled')],
  ])('%s for %s', async (code, error) => {
    const provider = createProvider(expired())
    provider.onRefresh = () => Promise.reject(error)
    const failure: unknown = await createTokenManager({ tokenProvider: provider })
      .getToken()
      .catch((reason: unknown) => reason)
    expect(isBearerError(failure) && failure.code).toBe(code)
    expect(failure).toBeInstanceOf(BearerError)
    expect(failure).toMatchObject({ retryable: code !== 'sessionExpired' })
  })

  test.each([
    ['rejects with no error', () => Promise.reject(nothing), 'serviceError'],
    [
      'throws synchronously',
      () => {
        throw new Error('sync')
      },
      'serviceError',
    ],
    ['returns nothing', () => undefined, 'sessionExpired'],
    ['returns garbage', () => ({ accessToken: { nothing: true } }), 'invalidToken'],
    ['returns a token that would break out of its header', () => evil, 'invalidToken'],
    ['returns the token that it was asked to replace', () => 'same', 'serviceError'],
  ])('what a provider that %s means', async (_, onRefresh, code) => {
    const stored = expired()
    const provider = createProvider(stored)
    provider.onRefresh = () => {
      const answer: unknown = onRefresh()
      return answer === 'same' ? stored : answer
    }
    const manager = createTokenManager({ tokenProvider: provider })
    await expect(manager.getToken()).rejects.toMatchObject({ name: 'BearerError', code })
    // … and the manager goes on working.
    provider.onRefresh = () => issue()
    provider.stored = expired()
    jest.advanceTimersByTime(1_000)
    expect(await manager.getToken()).toBe(accessTokenOf(provider.stored))
  })
  const evil = { accessToken: { payload: {}, toString: () => 'token\r\nx-admin: yes' } }

  test('a provider without an ID token cannot be used for it', async () => {
    const provider = createProvider({ accessToken: issue().accessToken })
    const manager = createTokenManager({ tokenProvider: provider, tokenUse: 'id' })
    await expect(manager.getToken()).rejects.toMatchObject({ code: 'invalidToken' })
  })
})

test.each([
  ['offline', new TypeError('Failed to fetch')],
  ['throttled', named('TooManyRequestsException')],
  ['serviceError', new Error('storage is full')],
  ['invalidToken', new BearerError('invalidToken')],
])('%s, when the provider is only asked what is stored, signs nobody out', async (code, error) => {
  const provider = createProvider()
  const manager = createTokenManager({ tokenProvider: provider })
  const token = await manager.getToken()
  const events = eventsOf(manager)
  provider.getTokens = () => Promise.reject(error)
  jest.advanceTimersByTime(1_000)
  expect(await manager.getToken()).toBe(token)
  expect(events).toEqual(['refreshFailed'])
  expect(manager.stats().failures).toEqual({ [code]: 1 })
})

describe('an ended session', () => {
  test('rejects everybody who waits, is told once, and leaves nobody signed in', async () => {
    const provider = createProvider(expired())
    provider.onRefresh = () => null
    const manager = createTokenManager({ tokenProvider: provider })
    const events: string[] = []
    manager.subscribe(({ type }) => events.push(type))
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => manager.getToken()))
    expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true)
    expect(events.filter((type) => type === 'sessionExpired')).toHaveLength(1)
    expect(await manager.getToken()).toBeNull()
    expect(provider.refreshes).toBe(1)
  })

  test('is not told again by later attempts and the sign-out that follows', async () => {
    const provider = createProvider(expired())
    provider.onRefresh = () => {
      provider.stored = null
      return Promise.reject(named('NotAuthorizedException'))
    }
    const { manager, tell } = createWatchingManager(provider)
    const events = eventsOf(manager)
    for (let i = 0; i < 2; i++) {
      await expect(manager.getToken({ forceRefresh: true })).rejects.toMatchObject({ code: 'sessionExpired' })
    }
    tell('signedOut')
    expect(events.filter((type) => type !== 'refreshFailed')).toEqual(['sessionExpired'])
  })

  test('is what a late 401 hears of', async () => {
    const provider = createProvider()
    provider.onRefresh = () => null
    const manager = createTokenManager({ tokenProvider: provider })
    const rejectedToken = String(await manager.getToken())
    for (let i = 0; i < 2; i++) {
      await expect(manager.getToken({ rejectedToken })).rejects.toMatchObject({ code: 'sessionExpired' })
    }
    expect(provider.refreshes).toBe(1)
  })

  test('is what it means when a provider has nothing to return for an expired token', async () => {
    const provider = createProvider()
    const manager = createTokenManager({ tokenProvider: provider })
    await manager.getToken()
    const events = eventsOf(manager)
    provider.stored = null
    jest.advanceTimersByTime(3_600_000)
    await expect(manager.getToken()).rejects.toMatchObject({ code: 'sessionExpired' })
    expect(events).toEqual(['refreshFailed', 'sessionExpired'])
  })

  test('is known to the requests that its listeners make', async () => {
    const provider = createProvider(expired())
    provider.onRefresh = () => Promise.reject(named('NotAuthorizedException'))
    const manager = createTokenManager({ tokenProvider: provider })
    const asked: Promise<string | null>[] = []
    manager.subscribe(({ type }) => {
      if (type === 'sessionExpired') asked.push(manager.getToken())
    })
    await expect(manager.getToken()).rejects.toMatchObject({ code: 'sessionExpired' })
    expect(await Promise.all(asked)).toEqual([null])
  })

  test('is told from a sign-out', async () => {
    const provider = createProvider()
    const manager = createTokenManager({ tokenProvider: provider })
    const rejectedToken = String(await manager.getToken())
    const events: string[] = []
    manager.subscribe(({ type }) => events.push(type))
    provider.stored = null
    await expect(manager.getToken({ rejectedToken })).rejects.toMatchObject({ code: 'signedOut' })
    expect(events).toEqual(['signedOut'])
  })
})

describe('back-off', () => {
  async function failing() {
    const provider = createProvider(expired())
    provider.onRefresh = offline
    const manager = createTokenManager({ tokenProvider: provider })
    const events: TokenEvent[] = []
    manager.subscribe((event) => events.push(event))
    await manager.getToken().catch(() => undefined)
    const lastDelay = () => {
      const event = events.filter(({ type }) => type === 'refreshFailed').at(-1)
      return event?.type === 'refreshFailed' ? event.retryAfterMs : NaN
    }
    return { provider, manager, lastDelay }
  }

  test('no request triggers another attempt; each fails with what is known', async () => {
    const { provider, manager, lastDelay } = await failing()
    for (let i = 0; i < 20; i++) {
      await expect(manager.getToken()).rejects.toMatchObject({ code: 'offline', retryable: true })
    }
    expect(provider.refreshes).toBe(1)
    jest.advanceTimersByTime(lastDelay() + 1)
    await expect(manager.getToken()).rejects.toMatchObject({ code: 'offline' })
    expect(provider.refreshes).toBe(2)
  })

  test.each([
    { random: 0, seconds: [1, 2, 4, 8, 16, 30, 30] },
    { random: 0.5, seconds: [0.75, 1.5, 3, 6, 12, 22.5, 22.5] },
  ])('doubles to 30 seconds at most, shortened by chance: $seconds', async ({ random, seconds }) => {
    jest.spyOn(Math, 'random').mockReturnValue(random)
    const { manager, lastDelay } = await failing()
    for (const delay of seconds) {
      expect(lastDelay()).toBe(delay * 1_000)
      jest.advanceTimersByTime(lastDelay())
      await manager.getToken().catch(() => undefined)
    }
  })

  test('it does not go on after a sleep in which only one of the two clocks has moved on', async () => {
    const { provider, manager } = await failing()
    provider.onRefresh = () => issue()
    jest.setSystemTime(Date.now() + 3_600_000)
    expect(await manager.getToken()).toBe(accessTokenOf(provider.stored))
  })

  test('nor does a clock that is set back make it longer', async () => {
    const { provider, manager, lastDelay } = await failing()
    provider.onRefresh = () => issue()
    jest.setSystemTime(Date.now() - 3_600_000)
    jest.advanceTimersByTime(lastDelay() + 1)
    expect(await manager.getToken()).toBe(accessTokenOf(provider.stored))
  })

  test('success ends it, and the next failure starts from the beginning', async () => {
    const { provider, manager, lastDelay } = await failing()
    jest.advanceTimersByTime(lastDelay() + 1)
    await manager.getToken().catch(() => undefined)
    jest.advanceTimersByTime(lastDelay() + 1)
    provider.onRefresh = () => issue()
    expect(await manager.getToken()).toBe(accessTokenOf(provider.stored))
    provider.onRefresh = offline
    await expect(manager.getToken({ forceRefresh: true })).rejects.toMatchObject({ code: 'offline' })
    expect(lastDelay()).toBeLessThanOrEqual(1_000)
  })

  test('holds for forced refreshes and rejected tokens as well', async () => {
    const provider = createProvider()
    provider.onRefresh = offline
    const manager = createTokenManager({ tokenProvider: provider })
    const rejectedToken = String(await manager.getToken())
    await expect(manager.getToken({ rejectedToken })).rejects.toMatchObject({ code: 'offline' })
    await expect(manager.getToken({ rejectedToken })).rejects.toMatchObject({ code: 'offline' })
    await expect(manager.getToken({ forceRefresh: true })).rejects.toMatchObject({ code: 'offline' })
    expect(provider.refreshes).toBe(1)
    // The token is still valid: requests go out with it.
    expect(await manager.getToken()).toBe(rejectedToken)
  })

  function failingInTheWindow() {
    jest.spyOn(Math, 'random').mockReturnValue(0)
    const provider = createProvider(issue({ issuedAgoMs: 57 * 60_000 }))
    provider.onRefresh = offline
    const manager = createTokenManager({ tokenProvider: provider })
    const askEachSecond = async (seconds: number) => {
      for (let i = 0; i < seconds; i++) {
        await manager.getToken()
        jest.advanceTimersByTime(1_000)
      }
    }
    return { provider, manager, askEachSecond }
  }

  test('in the window allows looks at what is stored, each second, but no refresh before its end', async () => {
    const { provider, askEachSecond } = failingInTheWindow()
    await askEachSecond(31)
    expect(provider).toMatchObject({ reads: 31, refreshes: 5 })
  })

  test('in the window is neither prolonged nor kept by what looks meet: failures, changes made elsewhere', async () => {
    const { provider, manager, askEachSecond } = failingInTheWindow()
    await askEachSecond(4)
    const looks = jest.spyOn(provider, 'getTokens').mockImplementation(offline)
    await askEachSecond(2)
    looks.mockRestore()
    await askEachSecond(1)
    expect(provider.refreshes).toBe(3)
    await askEachSecond(1)
    expect(provider.refreshes).toBe(4)
    provider.stored = issue()
    expect(await manager.getToken()).toBe(accessTokenOf(provider.stored))
    provider.onRefresh = () => issue()
    expect(await manager.getToken({ forceRefresh: true })).toBe(accessTokenOf(provider.stored))
  })

  test.each(['tokenRefresh', 'signedIn'] as const)('ends when the source tells of a %s', async (change) => {
    const provider = createProvider(expired())
    provider.onRefresh = offline
    const { manager, tell } = createWatchingManager(provider)
    await expect(manager.getToken()).rejects.toMatchObject({ code: 'offline' })
    provider.stored = issue()
    await expect(manager.getToken()).rejects.toMatchObject({ code: 'offline' })
    tell(change)
    expect(await manager.getToken()).toBe(accessTokenOf(provider.stored))
  })

  test.each([
    ['sessionExpired', () => Promise.reject(named('NotAuthorizedException'))],
    ['invalidToken', () => ({ accessToken: { nothing: true } })],
  ])('is neither begun nor prolonged by %s: another attempt may be made at once', async (code, onRefresh) => {
    const { provider, manager, lastDelay } = await failing()
    jest.advanceTimersByTime(1_500)
    provider.onRefresh = onRefresh
    await expect(manager.getToken()).rejects.toMatchObject({ code, retryable: false })
    expect(lastDelay()).toBe(0)
    provider.onRefresh = () => issue()
    expect(await manager.getToken({ forceRefresh: true })).toBe(accessTokenOf(provider.stored))
  })
})

describe('a refresh that hangs', () => {
  test.each([
    { by: 'by default', options: {}, ms: 30_000 },
    { by: 'as set', options: { refreshTimeoutMs: 5_000 }, ms: 5_000 },
  ])('fails after $ms ms $by, and the next call works at once', async ({ options, ms }) => {
    const provider = createProvider(expired())
    const answer = deferred<ReturnType<typeof issue>>()
    provider.onRefresh = () => answer.promise
    const manager = createTokenManager({ tokenProvider: provider, ...options })
    const waiting = Promise.allSettled([manager.getToken(), manager.getToken()])
    await jest.advanceTimersByTimeAsync(ms - 1)
    expect(manager.stats().failures).toEqual({})
    await jest.advanceTimersByTimeAsync(1)
    for (const outcome of await waiting) {
      expect(outcome).toMatchObject({ reason: { code: 'refreshTimeout', retryable: true } })
    }
    const fresh = issue()
    provider.onRefresh = () => fresh
    expect(await manager.getToken()).toBe(accessTokenOf(fresh))
    // The late answer is of no interest any more.
    answer.resolve(issue({ sub: 'mallory' }))
    await jest.advanceTimersByTimeAsync(0)
    expect(await manager.getToken()).toBe(accessTokenOf(fresh))
  })
})

describe('a token that was refreshed moments ago and is still refused', () => {
  async function refused() {
    const provider = createProvider()
    const manager = createTokenManager({ tokenProvider: provider })
    /** A request to a route that answers 401 whatever the token. */
    const callAlways401 = async (route: string) => {
      const token = String(await manager.getToken())
      const fresh = await manager.getToken({ rejectedToken: token, route })
      manager.report({ token: String(fresh), accepted: false, replayOf: route })
    }
    await callAlways401('GET /admin')
    return { provider, manager, callAlways401 }
  }

  test('is not refreshed again: a route that always answers 401 costs one refresh', async () => {
    const { provider, callAlways401 } = await refused()
    for (let i = 0; i < 20; i++) {
      await expect(callAlways401('GET /admin')).rejects.toMatchObject({ code: 'tokenRefused' })
    }
    expect(provider.refreshes).toBe(1)
  })

  test('blocks the other routes only until somebody accepts it', async () => {
    const { provider, manager, callAlways401 } = await refused()
    await expect(callAlways401('GET /orders')).rejects.toMatchObject({ code: 'tokenRefused' })
    const token = String(await manager.getToken())
    manager.report({ token, accepted: true })
    // One route that always refuses does not stop healing elsewhere …
    await manager.getToken({ rejectedToken: token, route: 'GET /orders' })
    expect(provider.refreshes).toBe(2)
    // … nor does healing elsewhere make it cost a refresh a call.
    await expect(callAlways401('GET /admin')).rejects.toMatchObject({ code: 'tokenRefused' })
  })

  test('is not accepted by a late answer to the token before it', async () => {
    const provider = createProvider()
    const manager = createTokenManager({ tokenProvider: provider })
    const old = String(await manager.getToken())
    const fresh = String(await manager.getToken({ rejectedToken: old, route: 'GET /admin' }))
    manager.report({ token: fresh, accepted: false, replayOf: 'GET /admin' })
    manager.report({ token: old, accepted: true })
    const again = manager.getToken({ rejectedToken: fresh, route: 'GET /orders' })
    await expect(again).rejects.toMatchObject({ code: 'tokenRefused' })
    expect(provider.refreshes).toBe(1)
  })

  test('may be refreshed again after a moment, which grows while it goes on', async () => {
    const { provider, callAlways401 } = await refused()
    const attempts = async (seconds: number) => {
      const before = provider.refreshes
      for (let i = 0; i < seconds; i++) {
        jest.advanceTimersByTime(1_000)
        await callAlways401('GET /orders/' + String(i)).catch(() => undefined)
      }
      return provider.refreshes - before
    }
    expect(await attempts(60)).toBeLessThanOrEqual(8)
    expect(await attempts(300)).toBeLessThanOrEqual(22)
    expect(provider.refreshes).toBeGreaterThan(4)
  })

  test('is refreshed all the same by who asks for it, and who was refused may wait for that', async () => {
    const { provider, manager } = await refused()
    const rejectedToken = String(await manager.getToken())
    const asked = [manager.getToken({ forceRefresh: true }), manager.getToken({ rejectedToken })]
    expect(await Promise.all(asked)).toEqual(Array(2).fill(accessTokenOf(provider.stored)))
    expect(provider.refreshes).toBe(2)
  })

  /** A route whose 20 parallel requests are all refused. */
  async function refusedTogether() {
    jest.spyOn(Math, 'random').mockReturnValue(0)
    const provider = createProvider()
    const manager = createTokenManager({ tokenProvider: provider })
    const route = 'GET /admin'
    const refuse = async () => {
      const token = String(await manager.getToken())
      const tokens = await Promise.all(
        Array.from({ length: 20 }, () => manager.getToken({ rejectedToken: token, route })),
      )
      for (const fresh of tokens) manager.report({ token: String(fresh), accepted: false, replayOf: route })
      manager.report({ token: String(tokens[0]), accepted: true })
    }
    await refuse()
    return { provider, manager, route, refuse }
  }

  test('blocks its route for 40 seconds, then twice as long, up to twenty minutes', async () => {
    const { refuse } = await refusedTogether()
    for (const seconds of [40, 80, 160, 320, 640, 1_200, 1_200]) {
      jest.advanceTimersByTime(seconds * 1_000 - 1)
      await expect(refuse()).rejects.toMatchObject({ code: 'tokenRefused' })
      jest.advanceTimersByTime(1)
      await refuse()
    }
  })

  test('blocks its route no longer when a replay there was accepted', async () => {
    const { provider, manager, route } = await refusedTogether()
    const token = String(await manager.getToken())
    await expect(manager.getToken({ rejectedToken: token, route })).rejects.toMatchObject({
      code: 'tokenRefused',
    })
    manager.report({ token, accepted: true, replayOf: route })
    await manager.getToken({ rejectedToken: token, route })
    expect(provider.refreshes).toBe(2)
  })
})

describe('close', () => {
  test('releases everyone who waits, and nothing can be asked afterwards', async () => {
    const provider = createProvider()
    provider.getTokens = () => new Promise(() => undefined)
    const manager = createTokenManager({ tokenProvider: provider })
    const waiting = Promise.allSettled([manager.getToken(), manager.getToken()])
    await jest.advanceTimersByTimeAsync(0)
    manager.close()
    for (const outcome of await waiting) expect(outcome).toMatchObject({ reason: { code: 'closed' } })
    expect(manager.closed).toBe(true)
    expect(manager.stats().failures).toEqual({})
    expect(jest.getTimerCount()).toBe(0)
    await expect(manager.getToken()).rejects.toMatchObject({ code: 'closed' })
  })

  test('before the provider was asked, it is not asked any more', async () => {
    const provider = createProvider()
    const manager = createTokenManager({ tokenProvider: provider })
    const asked = manager.getToken()
    manager.close()
    await expect(asked).rejects.toMatchObject({ code: 'closed' })
    expect(provider.reads).toBe(0)
  })

  test('lets go of its listeners and of its source', async () => {
    const provider = createProvider()
    const { manager, tell } = createWatchingManager(provider)
    const token = String(await manager.getToken())
    const events = eventsOf(manager)
    manager.close()
    tell('signedIn')
    manager.report({ token, accepted: true, replayOf: 'GET /' })
    await jest.advanceTimersByTimeAsync(0)
    expect(provider.reads).toBe(1)
    expect(events).toEqual([])
  })

  test('comes by itself at the end of a scope', () => {
    let manager: TokenManager
    {
      using scoped = createTokenManager({ tokenProvider: createProvider() })
      manager = scoped
    }
    expect(manager.closed).toBe(true)
  })
})
