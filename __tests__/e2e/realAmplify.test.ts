import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fetchAuthSession, signOut } from 'aws-amplify/auth'
import { Hub } from 'aws-amplify/utils'
import axios, { type AxiosError } from 'axios'
import ky from 'ky'
import { ofetch } from 'ofetch'
import createOpenApiClient from 'openapi-fetch'
import { GraphQLClient } from 'graphql-request'
import { attachBearer } from '../../src/axios/index.js'
import { createTokenManager, wrapFetch, type TokenManager } from '../../src/index.js'
import { createUserPool, type UserPool, type UserPoolOptions } from '../../src/testing/index.js'
import { configureAmplify, signInAlice, signInAs, type Storage } from '../testing/amplify.js'

// The real aws-amplify, a user pool and an API on real sockets.
let pool: UserPool
let tokens: TokenManager
let storage: Storage
let api: Server
let origin: string
let sends: { path: string; sub: string | undefined }[]
const endings: (() => Promise<unknown>)[] = []

async function start(options: UserPoolOptions = {}) {
  pool = createUserPool({
    users: [
      { username: 'alice', password: 'wonderland' },
      { username: 'bob', password: 'builder' },
    ],
    rotation: {},
    ...options,
  })
  const endpoint = await pool.listen()
  sends = []
  api = createServer((request, response) => {
    void pool.verify(request.headers.authorization).then((claims) => {
      sends.push({ path: request.url ?? '', sub: claims?.sub })
      request.resume()
      response.writeHead(claims ? 200 : 401, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ data: { sub: claims?.sub ?? null } }))
    })
  })
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${String((api.address() as AddressInfo).port)}`
  storage = configureAmplify(endpoint.amplifyConfig())
  await signInAlice()
  tokens = createTokenManager()
  endings.push(
    () => pool.close(),
    () =>
      new Promise((resolve) => {
        api.close(resolve).closeAllConnections()
      }),
  )
  return endpoint.amplifyConfig()
}

function client() {
  const instance = axios.create({ baseURL: origin })
  attachBearer(instance, tokens)
  return instance
}
const apiFetch = (...request: Parameters<typeof fetch>) =>
  wrapFetch(fetch, tokens, { allowedOrigins: [origin] })(...request)
const refreshes = () => pool.callCount('GetTokensFromRefreshToken')

beforeEach(() => {
  // Amplify warns of every endpoint that is not Amazon's.
  jest.spyOn(console, 'warn').mockImplementation(() => undefined)
})

afterEach(async () => {
  tokens.close()
  await signOut().catch(() => undefined)
  for (const end of endings.splice(0)) await end()
})

test('100 parallel requests on a revoked token: one refresh, all answered', async () => {
  await start({ latencyMs: 5 })
  const instance = client()
  await instance.get('/')
  pool.revokeAccessTokens()
  const statuses = await Promise.all(
    Array.from({ length: 100 }, async (_, i) =>
      i % 2
        ? (await instance.get(`/${String(i)}`)).status
        : (await apiFetch(`${origin}/${String(i)}`)).status,
    ),
  )
  expect(new Set(statuses)).toEqual(new Set([200]))
  expect(refreshes()).toBe(1)
  expect(sends).toHaveLength(201)
})

test('100 parallel requests on a token about to expire: one refresh, none refused', async () => {
  await start({ latencyMs: 5, accessTokenValidityMs: 3_600_000 })
  await client().get('/')
  const now = Date.now()
  jest.spyOn(Date, 'now').mockImplementation(() => now + 57 * 60_000)
  const responses = await Promise.all(Array.from({ length: 100 }, () => client().get('/')))
  expect(responses).toHaveLength(100)
  expect(refreshes()).toBe(1)
  expect(sends).toHaveLength(101)
})

test('a five-minute pool is not refreshed on every call', async () => {
  await start({ accessTokenValidityMs: 300_000 })
  const instance = client()
  for (let i = 0; i < 30; i++) await instance.get('/')
  expect(refreshes()).toBe(0)
})

test("a wrong device clock costs at most one refresh, Amplify's own clock drift included", async () => {
  await start({ clockSkewMs: -2 * 3_600_000 })
  const instance = client()
  for (let i = 0; i < 10; i++) await instance.get('/')
  expect(refreshes()).toBeLessThanOrEqual(1)
})

test('a rejected grant: sessionExpired, told once, and nobody is signed in any more', async () => {
  await start()
  const instance = client()
  await instance.get('/')
  const events: string[] = []
  tokens.subscribe(({ type }) => events.push(type))
  pool.revokeAccessTokens()
  pool.revokeRefreshTokens()
  const errors = await Promise.all(
    Array.from({ length: 20 }, () => instance.get('/').catch((error: unknown) => error as AxiosError)),
  )
  for (const error of errors) {
    expect(error).toMatchObject({ status: 401, cause: { code: 'sessionExpired', retryable: false } })
  }
  expect(events.filter((type) => type === 'sessionExpired')).toHaveLength(1)
  expect((await fetchAuthSession()).tokens).toBeUndefined()
})

test('a grant that is rejected before the first request is told from "nobody was signed in"', async () => {
  await start({ accessTokenValidityMs: 60_000 })
  pool.revokeRefreshTokens()
  const now = Date.now()
  jest.spyOn(Date, 'now').mockImplementation(() => now + 120_000)
  await expect(tokens.getToken()).rejects.toMatchObject({ code: 'sessionExpired' })
  expect(await tokens.getToken()).toBeNull()
})

test('offline: nobody is signed out, and it heals', async () => {
  await start()
  const instance = client()
  await instance.get('/')
  pool.revokeAccessTokens()
  pool.fail('networkError')
  await expect(instance.get('/')).rejects.toMatchObject({ status: 401, cause: { code: 'offline' } })
  pool.heal()
  const now = performance.now()
  jest.spyOn(performance, 'now').mockImplementation(() => now + 1_000)
  expect((await instance.get('/')).status).toBe(200)
})

test('throttled and broken services are told apart', async () => {
  await start()
  await client().get('/')
  pool.fail('throttled')
  await expect(tokens.getToken({ forceRefresh: true })).rejects.toMatchObject({ code: 'throttled' })
  pool.heal()
  pool.fail('serviceError')
  const now = performance.now()
  jest.spyOn(performance, 'now').mockImplementation(() => now + 1_000)
  await expect(tokens.getToken({ forceRefresh: true })).rejects.toMatchObject({ code: 'serviceError' })
})

test("sign-out, sign-in and refreshes by Amplify's own API are seen at once", async () => {
  await start()
  const instance = client()
  await instance.get('/')
  await fetchAuthSession({ forceRefresh: true })
  const { tokens: stored } = await fetchAuthSession()
  expect(await tokens.getToken()).toBe(stored?.accessToken.toString())
  await signOut()
  await expect(instance.get('/')).rejects.toMatchObject({ status: 401 })
  await signInAs('bob', 'builder')
  expect((await instance.get<{ data: { sub: string } }>('/')).data.data.sub).toBe(sends.at(-1)?.sub)
  expect(sends.map(({ sub }) => sub !== undefined)).toEqual([true, false, true])
  expect(sends[0]?.sub).not.toBe(sends[2]?.sub)
})

test("Amplify's sign-out is told even if no request was made before", async () => {
  await start()
  const events: string[] = []
  tokens.subscribe(({ type }) => events.push(type))
  await signOut()
  expect(events).toEqual(['signedOut'])
})

test("another tab's sign-out is seen at once", async () => {
  await start()
  const events: string[] = []
  const told = new Promise<void>((resolve) =>
    tokens.subscribe(({ type }) => {
      events.push(type)
      resolve()
    }),
  )
  storage.items.clear()
  Hub.dispatch('auth', { event: 'signedOut' }, 'Auth', undefined, true)
  await told
  expect(events).toEqual(['signedOut'])
})

test("another application's sign-out, of which Amplify tells as well, is none", async () => {
  await start()
  const token = await tokens.getToken()
  const events: string[] = []
  tokens.subscribe(({ type }) => events.push(type))
  Hub.dispatch('auth', { event: 'signedOut' }, 'Auth', undefined, true)
  await new Promise(setImmediate)
  expect(await tokens.getToken()).toBe(token)
  expect(events).toEqual([])
})

test("a sign-in by Amplify's own API is told even if no request was made before, nor after", async () => {
  await start()
  await signOut()
  tokens.close()
  tokens = createTokenManager()
  const told = new Promise((resolve) => tokens.subscribe(resolve))
  await signInAs('bob', 'builder')
  expect(await told).toEqual({ type: 'signedIn' })
})

test("a grant that is rejected while Amplify refreshes for itself is told as a session's end", async () => {
  await start()
  await tokens.getToken()
  const events: string[] = []
  tokens.subscribe(({ type }) => events.push(type))
  pool.fail('notAuthorized', { times: 1 })
  expect((await fetchAuthSession({ forceRefresh: true })).tokens).toBeUndefined()
  const now = performance.now()
  jest.spyOn(performance, 'now').mockImplementation(() => now + 1_000)
  await expect(tokens.getToken()).rejects.toMatchObject({ code: 'sessionExpired' })
  expect(events).toEqual(['refreshFailed', 'sessionExpired'])
  expect(await tokens.getToken()).toBeNull()
})

test("a failed refresh of Amplify's own does not end the back-off", async () => {
  await start()
  pool.fail('networkError')
  await expect(tokens.getToken({ forceRefresh: true })).rejects.toMatchObject({ code: 'offline' })
  const now = performance.now()
  jest.spyOn(performance, 'now').mockReturnValue(now)
  await expect(fetchAuthSession({ forceRefresh: true })).rejects.toThrow('fetch failed')
  const before = refreshes()
  await expect(tokens.getToken({ forceRefresh: true })).rejects.toMatchObject({ code: 'offline' })
  expect(refreshes()).toBe(before)
})

test('a refresh that somebody else fails with takes nothing from one that succeeds', async () => {
  await start({ latencyMs: 5 })
  const asked = tokens.getToken({ forceRefresh: true })
  await new Promise(setImmediate)
  Hub.dispatch('auth', { event: 'tokenRefresh_failure', data: { error: new Error('offline') } })
  expect(await asked).not.toBeNull()
  expect(refreshes()).toBe(1)
})

test('AWS credentials that cannot be had do not keep the token from anybody', async () => {
  const { Auth } = await start()
  const identityPool = { identityPoolId: 'eu-central-1:unknown', identityPoolEndpoint: origin }
  const Cognito = { ...Auth.Cognito, ...identityPool }
  configureAmplify({ Auth: { Cognito } })
  await signInAlice()
  expect((await client().get('/')).status).toBe(200)
})

test('a request of one user is not replayed for the next', async () => {
  await start()
  const instance = client()
  await instance.get('/')
  pool.revokeAccessTokens('alice')
  const late = instance.get('/', {
    adapter: async (config) => {
      await signOut()
      await signInAs('bob', 'builder')
      return axios.getAdapter('http')(config)
    },
  })
  await expect(late).rejects.toMatchObject({ status: 401, cause: { code: 'userChanged' } })
  expect(sends).toHaveLength(2)
})

test('as the global fetch it does not deadlock Amplify', async () => {
  await start()
  const native = globalThis.fetch
  globalThis.fetch = wrapFetch(native, tokens, { allowedOrigins: [origin] })
  try {
    pool.revokeAccessTokens()
    const response = await fetch(origin)
    expect(response.status).toBe(200)
    expect(await fetchAuthSession({ forceRefresh: true })).toMatchObject({
      userSub: expect.any(String) as string,
    })
  } finally {
    globalThis.fetch = native
  }
})

test('ky, ofetch, openapi-fetch and graphql-request take the wrapped fetch as theirs', async () => {
  await start()
  const { sub } = (await fetchAuthSession()).tokens?.accessToken.payload ?? {}
  const answer = { data: { sub } }
  pool.revokeAccessTokens()
  expect(await ky.post(origin, { fetch: apiFetch, json: { a: 1 } }).json()).toEqual(answer)
  pool.revokeAccessTokens()
  expect(await ofetch.create({}, { fetch: apiFetch })(origin)).toEqual(answer)
  pool.revokeAccessTokens()
  const openApi = createOpenApiClient<{
    '/': { get: { responses: { 200: { content: { 'application/json': object } } } } }
  }>({
    baseUrl: origin,
    fetch: apiFetch,
  })
  expect((await openApi.GET('/')).data).toEqual(answer)
  pool.revokeAccessTokens()
  expect(await new GraphQLClient(origin, { fetch: apiFetch }).request('{ sub }')).toEqual(answer.data)
  expect(refreshes()).toBe(4)
})

test('discarded 401 bodies hold no socket', async () => {
  await start()
  const connections = () =>
    new Promise<number>((resolve) => {
      api.getConnections((_, count) => {
        resolve(count)
      })
    })
  for (let i = 0; i < 20; i++) {
    pool.revokeAccessTokens()
    await (await apiFetch(origin)).text()
    const stream = await client().get<NodeJS.ReadableStream>('/', { responseType: 'stream' })
    stream.data.resume()
  }
  expect(await connections()).toBeLessThan(10)
})
