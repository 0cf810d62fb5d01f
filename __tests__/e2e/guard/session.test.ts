import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getCurrentUser, signOut } from 'aws-amplify/auth'
import axios, { type AxiosError } from 'axios'
import { attachBearer } from '../../../src/axios/index.js'
import { isBearerError, wrapFetch, type TokenManagerOptions } from '../../../src/index.js'
import { signInAlice, signInAs } from '../../testing/amplify.js'
import { createStage, endStages, slowly, times, until, type Stage } from './stage.js'

jest.setTimeout(15_000)

const servers: (() => Promise<unknown>)[] = []

afterEach(async () => {
  await endStages()
  for (const end of servers.splice(0)) await end()
})

/** The stage, and an API of the application's own that answers with the user's name. */
async function createApp(manager: TokenManagerOptions = {}, options: Parameters<typeof createStage>[0] = {}) {
  const stage = await createStage({ manager, ...options })
  const arrived: { path: string; username: unknown }[] = []
  const server = createServer((request, response) => {
    void stage.pool.verify(request.headers.authorization).then((claims) => {
      arrived.push({ path: request.url ?? '', username: claims?.username })
      request.resume()
      response.writeHead(claims ? 200 : 401, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ username: claims?.username ?? null }))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  servers.push(
    () =>
      new Promise((resolve) => {
        server.close(resolve).closeAllConnections()
      }),
  )
  const origin = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
  const instance = axios.create({ baseURL: origin })
  attachBearer(instance, stage.tokens)
  const apiFetch = wrapFetch(fetch, stage.tokens, { allowedOrigins: [origin] })
  /** By axios and fetch in turn: the status, and the code of what kept it from being sent or answered. */
  const request = (index: number): Promise<{ status: number; code?: string | undefined }> =>
    index % 2
      ? instance.post(`/${String(index)}`, { form: 'filled in' }).then(
          ({ status }) => ({ status }),
          (error: unknown) => {
            const { response, cause } = error as AxiosError
            return { status: response?.status ?? 0, code: isBearerError(cause) ? cause.code : undefined }
          },
        )
      : apiFetch(`${origin}/${String(index)}`, { method: 'PUT', body: 'filled in' }).then(
          ({ status }) => ({ status }),
          (error: unknown) => ({ status: 0, code: isBearerError(error) ? error.code : undefined }),
        )
  return { ...stage, arrived, request }
}

/** The grant is gone: what is stored cannot be refreshed any more. */
async function endGrant({ pool, age }: Stage): Promise<void> {
  await age()
  pool.revokeRefreshTokens()
}

describe('the session has ended, and the application signs its user in again', () => {
  test('nothing is lost: all that was asked meanwhile is sent, and the application asked once', async () => {
    const claims: unknown[] = []
    const app = await createApp({
      reauthenticate: async (context) => {
        claims.push(context.claims)
        await signInAlice()
        return true
      },
    })
    await endGrant(app)
    expect(await Promise.all(times(20, app.request))).toEqual(times(20, () => ({ status: 200 })))
    expect(claims).toMatchObject([{ 'cognito:username': 'alice' }])
    expect(app.told).not.toContain('sessionExpired')
    expect(app.told).not.toContain('signedOut')
    expect(new Set(app.arrived.map(({ username }) => username))).toEqual(new Set(['alice']))
    expect(app.arrived).toHaveLength(20)
  })

  test('requests that were refused are replayed', async () => {
    const app = await createApp({
      reauthenticate: async () => {
        await signInAlice()
        return true
      },
    })
    expect(await app.request(0)).toEqual({ status: 200 })
    app.pool.revokeAccessTokens()
    app.pool.revokeRefreshTokens()
    expect(await Promise.all(times(10, app.request))).toEqual(times(10, () => ({ status: 200 })))
    expect(app.told.filter((type) => type === 'replayed')).toHaveLength(10)
  })

  test('somebody else signs in: refused requests keep their own 401, those not yet sent fail as what they are', async () => {
    const app = await createApp({
      reauthenticate: async () => {
        await signInAs('bob', 'builder')
        return true
      },
    })
    await app.request(0)
    app.pool.revokeAccessTokens()
    app.pool.revokeRefreshTokens()
    expect(await Promise.all(times(4, app.request))).toEqual([
      { status: 401 },
      { status: 401, code: 'userChanged' },
      { status: 401 },
      { status: 401, code: 'userChanged' },
    ])
    expect(app.told).toContain('userChanged')
    expect(app.arrived.map(({ username }) => username)).not.toContain('bob')
    expect(await app.request(1)).toEqual({ status: 200 })
  })

  test('given up: each request fails as its client fails, and listeners are told once', async () => {
    const app = await createApp({ reauthenticate: () => Promise.resolve(false) })
    await app.request(0)
    app.pool.revokeAccessTokens()
    app.pool.revokeRefreshTokens()
    expect(await Promise.all(times(4, app.request))).toEqual([
      { status: 401 },
      { status: 401, code: 'sessionExpired' },
      { status: 401 },
      { status: 401, code: 'sessionExpired' },
    ])
    expect(app.told.filter((type) => type === 'sessionExpired')).toHaveLength(1)
  })

  test('without the guard as well', async () => {
    const app = await createApp({
      reauthenticate: async () => {
        await signInAlice()
        return true
      },
    })
    app.undo()
    await endGrant(app)
    expect(await Promise.all(times(6, app.request))).toEqual(times(6, () => ({ status: 200 })))
  })

  test('what Amplify is asked meanwhile is answered: nobody is signed in', async () => {
    const names: string[] = []
    const app = await createApp({
      reauthenticate: async () => {
        names.push(
          await getCurrentUser().then(
            ({ username }) => username,
            (error: unknown) => (error as Error).name,
          ),
        )
        await signInAlice()
        names.push((await getCurrentUser()).username)
        return true
      },
    })
    await endGrant(app)
    expect(await app.request(0)).toEqual({ status: 200 })
    expect(names).toEqual(['UserUnAuthenticatedException', 'alice'])
  })
})

describe('however slow storage is', () => {
  const slow = () => new Promise((resolve) => setTimeout(resolve, 15))

  test('signing in again brings the session back', async () => {
    let operation = (): Promise<unknown> => Promise.resolve()
    const answers: string[] = []
    const app = await createApp(
      {
        async reauthenticate() {
          operation = slow
          await signInAlice().then(
            () => answers.push('signed in'),
            (error: unknown) => answers.push((error as Error).name),
          )
          return true
        },
      },
      { operation: () => operation() },
    )
    await endGrant(app)
    expect(await app.request(0)).toEqual({ status: 200 })
    await until(() => answers.length > 0)
    expect(answers).toEqual(['signed in'])
    expect(app.told).not.toContain('sessionExpired')
  })

  test('a full one ends a rejected session all the same', async () => {
    const app = await createApp()
    await endGrant(app)
    const setItem = app.storage.setItem.bind(app.storage)
    app.storage.setItem = (key, value) =>
      key.startsWith('amplify-bearer')
        ? Promise.reject(Object.assign(new Error(), { name: 'QuotaExceededError' }))
        : setItem(key, value)
    expect(await app.request(0)).toEqual({ status: 0, code: 'sessionExpired' })
    await until(() => app.storage.item('.accessToken') === undefined)
  })
})

describe('gone from storage without a word', () => {
  /** As another tab does it: the storage event is still on its way. */
  function clearTokens(app: Stage): void {
    for (const key of [...app.storage.items.keys()])
      if (/Token|LastAuthUser/.test(key)) app.storage.items.delete(key)
  }
  const atNextLook = () => new Promise((resolve) => setTimeout(resolve, 1_100))

  test('a session that ended long ago is not taken for the one that is signed out now', async () => {
    const app = await createApp()
    await endGrant(app)
    expect(await app.request(0)).toEqual({ status: 0, code: 'sessionExpired' })
    // Sessions are told apart by the second in which their user signed in.
    await atNextLook()
    await signInAlice()
    expect(await app.request(0)).toEqual({ status: 200 })
    app.told.length = 0
    clearTokens(app)
    await atNextLook()
    await app.request(0)
    expect(app.told).toEqual(['signedOut'])
  })

  test('the one that was rejected elsewhere is expired here as well', async () => {
    const app = await createApp()
    expect(await app.request(0)).toEqual({ status: 200 })
    const [, claims = ''] = app.storage.item('.accessToken')?.split('.') ?? []
    const { auth_time } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { auth_time: number }
    app.storage.items.set(`amplify-bearer.${app.pool.clientId}.rejected`, String(auth_time))
    clearTokens(app)
    await atNextLook()
    expect(await app.request(0)).toEqual({ status: 0, code: 'sessionExpired' })
    expect(app.told).toContain('sessionExpired')
  })
})

describe('signing out', () => {
  /** Moments of a refresh that takes 60 ms, and is stored by slow storage then. */
  test.each([0, 20, 50, 60, 70, 90, 120])(
    'while a refresh is under way, after %d ms: nobody is signed in, and no request has the old token',
    async (afterMs) => {
      const app = await createApp({}, { operation: slowly, latencyMs: 30 })
      await app.age()
      const asked = times(6, app.request)
      if (afterMs) await new Promise((resolve) => setTimeout(resolve, afterMs))
      await app.tokens.signOut()
      const before = app.arrived.length
      const later = await Promise.all(times(6, app.request))
      await Promise.all(asked)
      expect(later).toEqual([1, 2, 3].flatMap(() => [{ status: 401 }, { status: 401, code: undefined }]))
      expect(app.arrived.slice(before).filter(({ username }) => username)).toEqual([])
      await until(() => ![...app.storage.items.keys()].some((key) => /Token|LastAuthUser/.test(key)))
      expect(await app.tokens.getToken()).toBeNull()
      await expect(getCurrentUser()).rejects.toThrow()
      expect(app.told.filter((type) => type === 'signedOut')).toHaveLength(1)
    },
  )

  test('what the refresh has brought is revoked', async () => {
    const app = await createApp({}, { latencyMs: 30 })
    await app.age()
    const asked = app.request(0)
    await until(() => app.refreshes() === 1)
    await app.tokens.signOut()
    await asked
    const calls = app.pool.calls.map(({ operation, outcome }) => [operation, outcome])
    expect(calls.slice(-2)).toEqual([
      ['GetTokensFromRefreshToken', 'ok'],
      ['RevokeToken', 'ok'],
    ])
  })

  test('who signs in meanwhile lines up, and stays', async () => {
    const app = await createApp({}, { latencyMs: 300 })
    await app.tokens.getToken()
    const signedOut = app.tokens.signOut()
    await until(() => app.pool.callCount('RevokeToken') === 1)
    await signInAs('bob', 'builder')
    await signedOut
    expect(await app.request(0)).toEqual({ status: 200 })
    expect(app.arrived).toMatchObject([{ username: 'bob' }])
  })

  test('a refresh that hangs keeps nobody signed in; its late answer brings nobody back', async () => {
    const app = await createApp()
    await app.age()
    app.pool.fail('hang', { operation: 'GetTokensFromRefreshToken', times: 1 })
    // The refresh token stays good.
    app.pool.fail('networkError', { operation: 'RevokeToken' })
    const asked = app.request(0)
    await until(() => app.refreshes() === 1)
    await app.tokens.signOut()
    expect(await asked).toEqual({ status: 0, code: 'signedOut' })
    app.pool.heal()
    const isAnswered = () =>
      app.pool.calls.some(
        ({ operation, outcome }) => operation === 'GetTokensFromRefreshToken' && outcome === 'ok',
      )
    await until(isAnswered)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(await app.tokens.getToken()).toBeNull()
    expect([...app.storage.items.keys()].filter((key) => /Token|LastAuthUser/.test(key))).toEqual([])
  })

  test('everywhere, if asked for; and offline', async () => {
    const app = await createApp()
    await app.tokens.signOut({ global: true })
    expect(app.pool.callCount('GlobalSignOut')).toBe(1)
    await signInAlice()
    app.pool.fail('networkError')
    await app.tokens.signOut()
    expect(await app.tokens.getToken()).toBeNull()
    app.pool.heal()
    await signInAlice()
    expect(await app.request(1)).toEqual({ status: 200 })
    await signOut()
  })
})
