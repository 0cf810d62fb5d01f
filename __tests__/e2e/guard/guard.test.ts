import { Amplify } from 'aws-amplify'
import { fetchAuthSession, getCurrentUser, signOut, type AuthSession } from 'aws-amplify/auth'
import { cognitoUserPoolsTokenProvider } from 'aws-amplify/auth/cognito'
import { Hub } from 'aws-amplify/utils'
import { createUserPool } from '../../../src/testing/index.js'
import { configureAmplify, signInAlice, signInAs } from '../../testing/amplify.js'
import {
  amplifyToken,
  createStage,
  endStages,
  otherTabStores,
  slowly,
  times,
  until,
  wait,
  type Stage,
} from './stage.js'

// What happens to a session that several read, refresh, end and change at once.
afterEach(endStages)

const storedTokens = ({ storage }: Stage) => [...storage.items.keys()].filter((key) => key.endsWith('Token'))

const REFRESH_TOKEN = 'CognitoIdentityServiceProvider.testclient.alice.refreshToken'

/** Every caller's ways to a token. */
const both = (stage: Stage) => (index: number) => (index % 2 ? amplifyToken() : stage.tokens.getToken())

describe('races', () => {
  test.each([
    ['the manager', (stage: Stage) => () => stage.tokens.getToken()],
    ["Amplify's fetchAuthSession", () => () => amplifyToken()],
    ['both', both],
  ])(
    '30 staggered callers of %s, slow storage, rotation without grace: one refresh, one token',
    async (_, way) => {
      const stage = await createStage({ latencyMs: 20, operation: slowly })
      await stage.age()
      const ask = way(stage)
      const found = await Promise.all(times(30, (index) => wait(index * 2).then(() => ask(index))))
      expect(new Set(found)).toEqual(new Set([stage.storage.item('.accessToken')]))
      expect(stage.refreshes()).toBe(1)
    },
  )

  test('20 callers that force a refresh: one call, one event, few writes', async () => {
    const stage = await createStage({ latencyMs: 5 })
    stage.storage.counts.writes = 0
    await Promise.all(times(20, () => fetchAuthSession({ forceRefresh: true })))
    expect(stage.refreshes()).toBe(1)
    expect(stage.heard).toEqual(['tokenRefresh'])
    expect(stage.storage.counts.writes).toBeLessThanOrEqual(10)
  })

  test('the manager and Amplify never disagree', async () => {
    const stage = await createStage()
    const { tokens } = stage
    expect(await amplifyToken()).toBe(await tokens.getToken())
    const forced = await amplifyToken({ forceRefresh: true })
    expect(await tokens.getToken()).toBe(forced)
    const again = await tokens.getToken({ forceRefresh: true })
    expect(again).not.toBe(forced)
    expect(await amplifyToken()).toBe(again)
    expect(stage.refreshes()).toBe(2)
    expect(tokens.stats().refreshes).toBe(2)
  })

  test('a listener that forces a refresh at every tokenRefresh does not loop', async () => {
    const stage = await createStage()
    const answers: Promise<unknown>[] = []
    const stop = Hub.listen('auth', ({ payload }) => {
      if (payload.event === 'tokenRefresh') answers.push(amplifyToken({ forceRefresh: true }))
    })
    await amplifyToken({ forceRefresh: true })
    await wait(100)
    stop()
    expect(await Promise.all(answers)).toEqual([await amplifyToken()])
    expect(stage.refreshes()).toBe(1)
  })

  test('tokens that slow storage has half written are never adopted, and no reason to sign out', async () => {
    const stage = await createStage({ operation: slowly })
    await stage.age(600_000)
    const seen: unknown[] = []
    const refresh = fetchAuthSession({ forceRefresh: true })
    await until(() => {
      seen.push(fetchAuthSession())
      return stage.heard.length > 0
    })
    await refresh
    for (const session of (await Promise.all(seen)) as Awaited<ReturnType<typeof fetchAuthSession>>[]) {
      expect(session.tokens).toBeDefined()
      expect(session.tokens?.idToken?.payload.iat).toBe(session.tokens?.accessToken.payload.iat)
    }
    expect(stage.told).toEqual(['refreshed'])
  })

  test('a sign-in is seen whole, while slow storage writes it', async () => {
    const stage = await createStage()
    await signOut()
    await stage.tokens.getToken()
    stage.told.splice(0)
    jest.spyOn(stage.storage, 'setItem').mockImplementation(async (key, value) => {
      if (key.endsWith('.idToken')) await wait(50)
      stage.storage.items.set(key, value)
    })
    const signIn = signInAlice().then(() => 'done')
    const seen: Promise<AuthSession>[] = []
    while ((await Promise.race([signIn, wait(2)])) !== 'done') seen.push(fetchAuthSession())
    const whole = stage.storage.item('.accessToken')
    for (const { tokens } of await Promise.all(seen)) {
      expect([undefined, whole]).toContain(tokens?.accessToken.toString())
      expect(tokens?.idToken?.payload.sub).toBe(tokens?.accessToken.payload.sub)
    }
    expect(await stage.tokens.getToken()).toBe(whole)
    expect(stage.told).toEqual(['signedIn'])
  })
})

describe('sign-out and user switch while a refresh is under way', () => {
  // The answer comes after 120 ms; the sign-out clears storage from before that to after the last write.
  test.each([5, 30, 45, 55, 65, 75, 100])(
    'a sign-out after %d ms: storage holds no token when all has settled',
    async (ms) => {
      const stage = await createStage({ operation: slowly })
      await stage.tokens.getToken()
      stage.pool.latencyMs = 120
      const under = Promise.allSettled([
        amplifyToken({ forceRefresh: true }),
        stage.tokens.getToken({ forceRefresh: true }),
      ])
      await until(() => stage.refreshes() === 1)
      stage.pool.latencyMs = 0
      await wait(ms)
      await signOut()
      await under
      await until(() => !stage.pool.calls.some(({ outcome }) => outcome === 'pending'))
      // What comes back comes back now.
      await wait(200)
      await expect(until(() => storedTokens(stage).length === 0)).resolves.toBeUndefined()
      expect([await stage.tokens.getToken(), await amplifyToken()]).toEqual([null, null])
      expect(stage.told).not.toContain('sessionExpired')
    },
  )

  test("a user switch: all later tokens are the new user's, the old one's callers get an error", async () => {
    const stage = await createStage()
    await stage.tokens.getToken()
    stage.pool.latencyMs = 100
    const old = [amplifyToken({ forceRefresh: true }), stage.tokens.getToken({ forceRefresh: true })]
    const outcomes = Promise.allSettled(old)
    await wait(20)
    stage.pool.latencyMs = 0
    await signOut()
    await signInAs('bob', 'builder')
    expect((await getCurrentUser()).username).toBe('bob')
    const [amplifys, managers] = await outcomes
    // Amplify's callers are told as Amplify tells them that they are signed out.
    expect(amplifys).not.toMatchObject({ value: expect.any(String) as string })
    expect(managers).toMatchObject({ status: 'rejected', reason: { code: 'signedOut' } })
    await wait(150)
    expect(stage.storage.item('.LastAuthUser')).toBe('bob')
    expect((await getCurrentUser()).username).toBe('bob')
    const { sub } = (await stage.pool.verify(await stage.tokens.getToken())) ?? {}
    expect(sub).toBe((await stage.pool.verify(await amplifyToken()))?.sub)
    expect(stage.storage.item('.accessToken')).toBe(await stage.tokens.getToken())
    expect(stage.told).not.toContain('sessionExpired')
  })

  test('a sign-out while tokens are stored revokes the new refresh token, not the one it replaces', async () => {
    const stage = await createStage()
    await stage.tokens.getToken()
    const old = stage.storage.item('.refreshToken')
    const fetched = jest.spyOn(globalThis, 'fetch')
    const written = jest.spyOn(stage.storage, 'setItem').mockImplementation(async (key, value) => {
      if (value.startsWith('refresh')) await wait(100)
      stage.storage.items.set(key, value)
    })
    const refresh = Promise.allSettled([stage.tokens.getToken({ forceRefresh: true })])
    await until(() => written.mock.calls.length > 0)
    await signOut()
    await refresh
    const { Token } = JSON.parse(fetched.mock.lastCall?.[1]?.body as string) as { Token: string }
    expect(Token).toMatch(/^refresh/)
    expect(Token).not.toBe(old)
  })

  test('a sign-out without a word, while a refresh is under way: signed out, not expired', async () => {
    const stage = await createStage({ latencyMs: 20 })
    await stage.tokens.getToken()
    const refresh = Promise.allSettled([
      stage.tokens.getToken({ forceRefresh: true }),
      amplifyToken({ forceRefresh: true }),
    ])
    await until(() => stage.refreshes() === 1)
    stage.storage.items.clear()
    expect(await refresh).toMatchObject([{ reason: { code: 'signedOut' } }, { value: null }])
    expect(stage.storage.items.size).toBe(0)
    expect(stage.told).not.toContain('sessionExpired')
  })

  test('a sign-out in another tab, of which storage tells only after a refresh was stored over it', async () => {
    const stage = await createStage()
    const { tokens, storage } = stage
    await tokens.getToken({ forceRefresh: true })
    otherTabStores(REFRESH_TOKEN, null)
    await until(() => !storage.item('.refreshToken'))
    Hub.dispatch('auth', { event: 'signedOut' })
    expect([await tokens.getToken(), await amplifyToken()]).toEqual([null, null])
  })

  test('… or while it is stored', async () => {
    const stage = await createStage({ operation: slowly })
    const { tokens, storage } = stage
    await tokens.getToken()
    storage.counts.writes = 0
    const refresh = Promise.allSettled([tokens.getToken({ forceRefresh: true })])
    await until(() => storage.counts.writes >= 2)
    otherTabStores(REFRESH_TOKEN, null)
    await refresh
    await expect(until(() => storedTokens(stage).length === 0)).resolves.toBeUndefined()
  })

  test('… but not after somebody has signed in again', async () => {
    const stage = await createStage()
    await stage.tokens.getToken({ forceRefresh: true })
    await signOut()
    await signInAlice()
    otherTabStores(REFRESH_TOKEN, null)
    await wait(50)
    expect(await amplifyToken()).toBe(stage.storage.item('.accessToken'))
    expect(await stage.tokens.getToken()).toBe(stage.storage.item('.accessToken'))
  })

  test.each([
    ['another client', 'CognitoIdentityServiceProvider.another.alice.refreshToken', null],
    ['another user', 'CognitoIdentityServiceProvider.testclient.zoe.refreshToken', null],
    ['another token', 'CognitoIdentityServiceProvider.testclient.alice.idToken', null],
    ['a refresh', REFRESH_TOKEN, 'a newer one'],
  ])('what another tab tells of %s ends no session', async (_, key, newValue) => {
    const stage = await createStage()
    const token = await stage.tokens.getToken({ forceRefresh: true })
    otherTabStores(key, newValue)
    await wait(50)
    expect(stage.storage.item('.accessToken')).toBe(token)
  })

  test('a sign-in in another tab is seen by Amplify before it tells of it', async () => {
    const stage = await createStage()
    const session = [...stage.storage.items]
    await signOut()
    expect(await amplifyToken()).toBeNull()
    for (const [key, value] of session) stage.storage.items.set(key, value)
    expect((await getCurrentUser()).username).toBe('alice')
  })

  test('after a sign-out nobody waits for a refresh that hangs', async () => {
    const stage = await createStage()
    await stage.tokens.getToken()
    stage.pool.fail('hang', { times: 1, operation: 'GetTokensFromRefreshToken' })
    stage.tokens.getToken({ forceRefresh: true }).catch(() => undefined)
    await until(() => stage.refreshes() === 1)
    await signOut()
    await expect(getCurrentUser()).rejects.toMatchObject({ name: 'UserUnAuthenticatedException' })
    await signInAs('bob', 'builder')
    expect(await amplifyToken()).toBe(await stage.tokens.getToken())
    expect((await getCurrentUser()).username).toBe('bob')
  })

  test('a sign-in is seen by Amplify and the manager at once', async () => {
    const stage = await createStage()
    await signOut()
    expect([await stage.tokens.getToken(), await amplifyToken()]).toEqual([null, null])
    await signInAs('bob', 'builder')
    expect(await amplifyToken()).toBe(stage.storage.item('.accessToken'))
    expect(await stage.tokens.getToken()).toBe(stage.storage.item('.accessToken'))
  })
})

describe('a refresh that goes wrong', () => {
  test.each([
    ['before the answer', 0],
    ['soon after it', 300],
  ])(
    'a refresh token that somebody else has used, who stores %s what they got: theirs count',
    async (_, ms) => {
      const stage = await createStage({ latencyMs: 20 })
      await stage.tokens.getToken()
      stage.pool.fail('refreshTokenReuse', { times: 1 })
      const asking = [amplifyToken({ forceRefresh: true }), stage.tokens.getToken({ forceRefresh: true })]
      await wait(10 + ms)
      const theirs = await stage.refreshElsewhere()
      expect(await Promise.all(asking)).toEqual([theirs, theirs])
      expect(stage.heard).not.toContain('tokenRefresh_failure')
      expect(stage.told).toEqual(['refreshed'])
      stage.pool.heal()
      expect(await amplifyToken({ forceRefresh: true })).not.toBe(theirs)
    },
  )

  test('a refresh token that is no good for anybody ends the session, once and at once', async () => {
    const stage = await createStage()
    await stage.tokens.getToken()
    stage.pool.fail('notAuthorized')
    const startedMs = performance.now()
    const outcomes = await Promise.allSettled([
      stage.tokens.getToken({ forceRefresh: true }),
      amplifyToken({ forceRefresh: true }),
    ])
    expect(outcomes).toMatchObject([
      { reason: { code: 'sessionExpired' } },
      // As Amplify tells it.
      { value: null },
    ])
    // Only for a token that somebody else has used it is worth while to wait for what they store.
    expect(performance.now() - startedMs).toBeLessThan(900)
    expect(stage.told.filter((type) => type === 'sessionExpired')).toHaveLength(1)
    expect(stage.storage.item('.refreshToken')).toBeUndefined()
    expect(await amplifyToken()).toBeNull()
  })

  test('storage that somebody has emptied without a word: nobody is signed in', async () => {
    const stage = await createStage()
    await stage.tokens.getToken()
    stage.storage.items.clear()
    expect(await amplifyToken({ forceRefresh: true })).toBeNull()
    expect(await stage.tokens.getToken()).toBeNull()
  })

  test("a refresh token that stays used up: Amplify's callers get Amplify's error", async () => {
    const stage = await createStage()
    stage.pool.fail('refreshTokenReuse')
    await expect(fetchAuthSession({ forceRefresh: true })).rejects.toMatchObject({
      name: 'RefreshTokenReuseException',
    })
    expect(stage.told).toContain('sessionExpired')
    await until(() => !stage.storage.item('.refreshToken'))
  })

  test('a refresh that hangs: callers fail at refreshTimeoutMs, and the next call works', async () => {
    const stage = await createStage({ manager: { refreshTimeoutMs: 100 } })
    await stage.tokens.getToken()
    stage.pool.fail('hang', { times: 1 })
    const outcomes = await Promise.allSettled([
      stage.tokens.getToken({ forceRefresh: true }),
      amplifyToken({ forceRefresh: true }),
    ])
    expect(outcomes).toMatchObject([
      { reason: { code: 'refreshTimeout' } },
      { reason: { code: 'refreshTimeout' } },
    ])
    const token = await amplifyToken({ forceRefresh: true })
    expect(token).toBe(stage.storage.item('.accessToken'))
    expect(await stage.tokens.getToken()).toBe(token)
  })

  test('storage that fails once: that refresh fails, and nothing is stuck', async () => {
    const stage = await createStage()
    await stage.tokens.getToken()
    jest.spyOn(stage.storage, 'setItem').mockRejectedValueOnce(new Error('disk full'))
    await expect(stage.tokens.getToken({ forceRefresh: true })).rejects.toMatchObject({
      code: 'serviceError',
    })
    await signOut()
    await signInAlice()
    expect(await stage.tokens.getToken()).toBe(stage.storage.item('.accessToken'))
    expect(await amplifyToken({ forceRefresh: true })).toBe(stage.storage.item('.accessToken'))
  })

  test('storage that never answers once: the next call works, and so does the sign-out', async () => {
    let hangs = false
    const operation = () => (hangs ? ((hangs = false), new Promise(() => undefined)) : Promise.resolve())
    const stage = await createStage({ operation, manager: { refreshTimeoutMs: 200 } })
    hangs = true
    await expect(amplifyToken()).rejects.toMatchObject({ code: 'refreshTimeout' })
    // Amplify's own operations are not held up for ever.
    await signOut()
    await until(() => !stage.storage.item('.refreshToken'))
    await signInAlice()
    expect(await amplifyToken()).toBe(stage.storage.item('.accessToken'))
  }, 15_000)

  test('a late answer does not replace newer tokens, where refresh tokens do not rotate', async () => {
    const stage = await createStage({ rotation: false, manager: { refreshTimeoutMs: 100 } })
    await stage.tokens.getToken()
    stage.pool.fail('hang', { times: 1 })
    await expect(stage.tokens.getToken({ forceRefresh: true })).rejects.toMatchObject({
      code: 'refreshTimeout',
    })
    const newer = await stage.tokens.getToken({ forceRefresh: true })
    stage.pool.heal()
    await until(() => stage.pool.calls.filter(({ outcome }) => outcome === 'pending').length === 0)
    await wait(50)
    expect(stage.storage.item('.accessToken')).toBe(newer)
  })

  test('an old failure is not held against a session that has ended since', async () => {
    const stage = await createStage()
    stage.pool.fail('serviceError')
    await expect(stage.tokens.getToken({ forceRefresh: true })).rejects.toMatchObject({
      code: 'serviceError',
    })
    stage.storage.items.clear()
    Hub.dispatch('core', { event: 'configure' })
    expect(await stage.tokens.getToken()).toBeNull()
  })

  test('an answer that comes after that is stored: with rotation there is no other', async () => {
    const stage = await createStage({ manager: { refreshTimeoutMs: 100 } })
    await stage.tokens.getToken()
    stage.pool.fail('hang', { times: 1 })
    await expect(stage.tokens.getToken({ forceRefresh: true })).rejects.toMatchObject({
      code: 'refreshTimeout',
    })
    const before = stage.storage.item('.refreshToken')
    stage.pool.heal()
    await until(() => stage.heard.includes('tokenRefresh'))
    expect(stage.storage.item('.refreshToken')).not.toBe(before)
    expect([await stage.tokens.getToken(), await amplifyToken()]).toEqual(
      Array(2).fill(stage.storage.item('.accessToken')),
    )
    expect(stage.refreshes()).toBe(1)
  })

  test.each(['networkError', 'throttled', 'serviceError'] as const)(
    '%s never costs the session',
    async (fault) => {
      const stage = await createStage()
      await stage.tokens.getToken()
      const before = [...stage.storage.items]
      stage.pool.fail(fault)
      await expect(stage.tokens.getToken({ forceRefresh: true })).rejects.toMatchObject({ retryable: true })
      // Amplify's own error, not ours.
      await expect(fetchAuthSession({ forceRefresh: true })).rejects.not.toMatchObject({
        name: 'BearerError',
      })
      expect([...stage.storage.items]).toEqual(before)
      expect(stage.told).not.toContain('sessionExpired')
      stage.pool.heal()
      Hub.dispatch('core', { event: 'configure' })
      expect(await amplifyToken({ forceRefresh: true })).toBe(stage.storage.item('.accessToken'))
    },
  )

  test('a broken identity pool does not cost the token', async () => {
    const stage = await createStage()
    const { Auth } = Amplify.getConfig()
    const Cognito = {
      ...Auth?.Cognito,
      identityPoolId: 'us-east-1:00000000-0000-0000-0000-000000000000',
      identityPoolEndpoint: 'http://127.0.0.1:9/',
    }
    Amplify.configure({ Auth: { Cognito } } as Parameters<typeof Amplify.configure>[0])
    cognitoUserPoolsTokenProvider.setKeyValueStorage(stage.storage)
    expect(await stage.tokens.getToken()).toBe(stage.storage.item('.accessToken'))
    const refreshed = await stage.tokens.getToken({ forceRefresh: true })
    expect(refreshed).toBe(stage.storage.item('.accessToken'))
    await expect(fetchAuthSession()).rejects.toThrow()
    expect(await stage.tokens.getToken()).toBe(refreshed)
    expect(stage.told).toEqual(['refreshed'])
  })
})

describe('what Amplify hands out', () => {
  test('both tokens and how the user signed in, and nothing else that is stored', async () => {
    await createStage()
    for (const forceRefresh of [false, true]) {
      const { tokens } = await fetchAuthSession({ forceRefresh })
      expect(Object.keys(tokens ?? {}).sort()).toEqual(['accessToken', 'idToken', 'signInDetails'])
    }
    const { signInDetails } = await getCurrentUser()
    expect(signInDetails).toEqual({ loginId: 'alice', authFlowType: 'USER_PASSWORD_AUTH' })
    await fetchAuthSession({ forceRefresh: true })
    expect((await getCurrentUser()).signInDetails).toEqual(signInDetails)
  })

  test('an ID token that expires before the access token is refreshed in time', async () => {
    const stage = await createStage({ idTokenValidityMs: 300_000 })
    await stage.age(600_000)
    await stage.tokens.getToken()
    expect(stage.refreshes()).toBe(0)
    const { tokens } = await fetchAuthSession()
    expect(tokens?.idToken?.payload.exp).toBeGreaterThan(Date.now() / 1000)
    expect(stage.refreshes()).toBe(1)
  })

  test('clientMetadata goes with the next refresh, once', async () => {
    const stage = await createStage()
    const fetched = jest.spyOn(globalThis, 'fetch')
    await Promise.all([
      fetchAuthSession({ forceRefresh: true, clientMetadata: { tenant: 'blue' } }),
      fetchAuthSession(),
    ])
    await stage.tokens.getToken({ forceRefresh: true })
    const bodies = fetched.mock.calls.map(([, init]) => JSON.parse(init?.body as string) as object)
    expect(bodies.map((body) => Reflect.get(body, 'ClientMetadata') as unknown)).toEqual([
      { tenant: 'blue' },
      undefined,
    ])
  })

  test('while a sign-in by redirect is being completed, everybody waits for that', async () => {
    const stage = await createStage()
    const { tokenOrchestrator } = cognitoUserPoolsTokenProvider
    const { waitForInflightOAuth } = tokenOrchestrator
    let complete = (): void => undefined
    const completed = new Promise<void>((resolve) => (complete = resolve))
    tokenOrchestrator.waitForInflightOAuth = () => completed
    const asked = [stage.tokens.getToken(), amplifyToken()]
    expect(await Promise.race([...asked, wait(50)])).toBeUndefined()
    tokenOrchestrator.waitForInflightOAuth = waitForInflightOAuth
    complete()
    expect(new Set(await Promise.all(asked))).toEqual(new Set([stage.storage.item('.accessToken')]))
  })

  test('clientMetadata of a call that needed no refresh goes with no other', async () => {
    const stage = await createStage()
    const fetched = jest.spyOn(globalThis, 'fetch')
    await fetchAuthSession({ clientMetadata: { tenant: 'blue' } })
    await stage.tokens.getToken({ forceRefresh: true })
    expect(fetched.mock.lastCall?.[1]?.body).not.toContain('ClientMetadata')
  })

  test('a device whose clock is two hours behind: what has expired is refreshed, also after a page load', async () => {
    const stage = await createStage({ clockSkewMs: 7_200_000 })
    await stage.age(5_400_000)
    expect(await amplifyToken()).toBe(stage.storage.item('.accessToken'))
    expect(stage.refreshes()).toBe(1)
  })

  test('… two hours ahead: a sign-in needs no refresh', async () => {
    const stage = await createStage({ clockSkewMs: -7_200_000 })
    expect(await amplifyToken()).toBe(stage.storage.item('.accessToken'))
    await signOut()
    await signInAlice()
    expect(await stage.tokens.getToken()).toBe(stage.storage.item('.accessToken'))
    expect(stage.refreshes()).toBe(0)
  })

  test("so does the application's client metadata provider's", async () => {
    const stage = await createStage()
    cognitoUserPoolsTokenProvider.setClientMetadataProvider(() => Promise.resolve({ tenant: 'green' }))
    const fetched = jest.spyOn(globalThis, 'fetch')
    await stage.tokens.getToken({ forceRefresh: true })
    cognitoUserPoolsTokenProvider.setClientMetadataProvider(() => Promise.resolve({}))
    expect(fetched.mock.calls[0]?.[1]?.body).toContain('"ClientMetadata":{"tenant":"green"}')
  })

  test('another storage, and another user pool, are taken up at once', async () => {
    const stage = await createStage()
    await stage.tokens.getToken()
    const other = createUserPool({ clientId: 'another', users: [{ username: 'carol', password: 'chess' }] })
    const endpoint = await other.listen()
    const storage = configureAmplify(endpoint.amplifyConfig())
    expect([await stage.tokens.getToken(), await amplifyToken()]).toEqual([null, null])
    await signInAs('carol', 'chess')
    expect(await stage.tokens.getToken({ forceRefresh: true })).toBe(storage.item('.accessToken'))
    expect(await amplifyToken()).toBe(storage.item('.accessToken'))
    await other.close()
  })
})
