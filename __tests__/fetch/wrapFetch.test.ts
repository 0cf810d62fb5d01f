import { inspect } from 'node:util'
import { http, HttpResponse } from 'msw'
import { wrapFetch, type BearerRequestInit } from '../../src/index.js'
import { ORIGIN, setupApi } from '../support/api.js'
import { deferred, issue } from '../support/provider.js'

const api = setupApi()

function createFetch(options: Parameters<typeof wrapFetch>[2] = { allowedOrigins: [ORIGIN] }) {
  const tokens = api().manager()
  return { tokens, apiFetch: wrapFetch(fetch, tokens, options) }
}

interface Echo {
  number: number
  body: string
}
const echo = async (response: Promise<Response>) => (await (await response).json()) as Echo
const lookAlike = { url: ORIGIN, toString: () => 'https://evil.example/' }
const expired = () => issue({ issuedAgoMs: 3_600_000 })

afterEach(() => {
  jest.useRealTimers()
})

describe('the token goes', () => {
  test.each<[string, RequestInfo | URL, boolean]>([
    ['with a string', `${ORIGIN}/users`, true],
    ['with a URL', new URL(`${ORIGIN}/users`), true],
    ['with a Request', new Request(`${ORIGIN}/users`), true],
    ['to the same origin written otherwise', 'HTTPS://API.example.COM:443/users', true],
    ['not to another origin', 'https://evil.example/', false],
    ['not to a look-alike', 'https://api.example.com.evil.example/', false],
    ['not to another scheme', 'http://api.example.com/', false],
    ['not with a URL that has to be repaired', 'https:\\\\api.example.com/', false],
    ['not where an object is an address, whatever it says of itself', lookAlike as never, false],
  ])('%s', async (_, input, goes) => {
    const { apiFetch } = createFetch()
    await apiFetch(input)
    expect(api().calls.map(({ bearer }) => bearer === `Bearer ${api().token()}`)).toEqual([goes])
  })

  test.each<[string, BearerRequestInit, string | null]>([
    ['not with a request that opts out', { bearer: false }, null],
    ['not in place of a header of its own', { headers: { authorization: 'Bearer mine' } }, 'Bearer mine'],
    ["not with Amplify's own calls of Cognito", { headers: { 'X-Amz-Target': 'AWSCognito.GetUser' } }, null],
  ])('%s', async (_, init, sent) => {
    const { apiFetch } = createFetch()
    expect((await apiFetch(`${ORIGIN}/always401`, init)).status).toBe(401)
    expect(api().calls).toMatchObject([{ bearer: sent }])
    expect(api().provider.refreshes).toBe(0)
  })

  test('not when nobody is signed in: the request goes out bare', async () => {
    api().provider.stored = null
    const { apiFetch } = createFetch()
    expect((await apiFetch(ORIGIN)).status).toBe(401)
    expect(api().calls).toMatchObject([{ bearer: null }])
  })

  test('beside the headers that the caller set, and those are not changed', async () => {
    const { apiFetch } = createFetch()
    const headers = new Headers({ 'x-mine': '1' })
    await apiFetch(ORIGIN, Object.freeze({ headers }))
    await apiFetch(ORIGIN, { headers: [['x-mine', '1']] })
    await apiFetch(new Request(ORIGIN, { headers: { 'x-mine': '1' } }))
    for (const call of api().calls) {
      expect(call.headers.get('x-mine')).toBe('1')
      expect(call.bearer).not.toBeNull()
    }
    expect([...headers]).toEqual([['x-mine', '1']])
  })
})

describe('a challenge', () => {
  test('is answered by one replay with the new token and the same request', async () => {
    const { apiFetch, tokens } = createFetch()
    api().revoke()
    const old = api().token()
    const init = Object.freeze({ method: 'PUT', body: 'text', headers: { 'x-request-id': '7' } })
    expect(await echo(apiFetch(`${ORIGIN}/orders?q=1`, init))).toEqual({ number: 2, body: 'text' })
    const [first, second] = api().calls
    expect([first?.bearer, second?.bearer]).toEqual([`Bearer ${old}`, `Bearer ${api().token()}`])
    for (const call of api().calls) {
      expect(call).toMatchObject({ method: 'PUT', url: `${ORIGIN}/orders?q=1`, body: 'text' })
      expect(call.headers.get('x-request-id')).toBe('7')
    }
    expect(tokens.stats()).toMatchObject({ refreshes: 1, replays: 1 })
  })

  test('of 100 parallel requests costs one refresh', async () => {
    const { apiFetch } = createFetch()
    api().revoke()
    const responses = await Promise.all(Array.from({ length: 100 }, () => apiFetch(ORIGIN)))
    expect(responses.every(({ ok }) => ok)).toBe(true)
    expect(api().calls).toHaveLength(200)
    expect(api().provider).toMatchObject({ refreshes: 1, mostRunning: 1 })
  })

  test('that comes again is the end, and a route that always refuses costs one refresh', async () => {
    const { apiFetch } = createFetch()
    for (let i = 0; i < 10; i++) {
      const url = `${ORIGIN}/always401?i=${String(i)}`
      expect((await apiFetch(i % 2 ? new Request(url) : url)).status).toBe(401)
      expect((await apiFetch(`${ORIGIN}/fine`)).status).toBe(200)
    }
    expect(api().provider.refreshes).toBe(1)
  })

  test.each<[string, RequestInfo, BearerRequestInit]>([
    ['host', 'https://api2.example.com/me', {}],
    ['method', `${ORIGIN}/me`, { method: 'POST' }],
    ['method of a Request', new Request(`${ORIGIN}/me`, { method: 'POST' }), {}],
  ])('of one %s that always refuses does not keep another from healing', async (_, input, init) => {
    const { apiFetch } = createFetch({ allowedOrigins: [ORIGIN, 'https://api2.example.com'] })
    const refuse = () => HttpResponse.json(null, { status: 401 })
    api().use(http.post(`${ORIGIN}/me`, refuse), http.get('https://api2.example.com/me', refuse))
    expect((await apiFetch(input, init)).status).toBe(401)
    expect((await apiFetch(`${ORIGIN}/me`)).status).toBe(200)
    api().revoke()
    expect((await apiFetch(`${ORIGIN}/me`)).status).toBe(200)
    expect(api().provider.refreshes).toBe(2)
  })

  test('whose replay is a 403 has been answered: the next one is as well', async () => {
    const { apiFetch } = createFetch()
    const answers = [401, 403, 401, 403]
    api().use(http.get(`${ORIGIN}/admin`, () => HttpResponse.json(null, { status: answers.shift() ?? 500 })))
    expect((await apiFetch(`${ORIGIN}/admin`)).status).toBe(403)
    expect((await apiFetch(`${ORIGIN}/admin`)).status).toBe(403)
    expect(api().provider.refreshes).toBe(2)
  })

  test.each([403, 500])(
    'of a fresh token holds off another refresh, though a gateway answers %d meanwhile',
    async (status) => {
      jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate', 'setTimeout'] })
      const { apiFetch } = createFetch()
      api().use(http.get(`${ORIGIN}/gateway`, () => HttpResponse.json(null, { status })))
      for (const path of ['/always401/a', '/gateway', '/always401/b']) await apiFetch(ORIGIN + path)
      expect(api().provider.refreshes).toBe(1)
    },
  )

  test('is answered by one replay, even if there is a newer token again by then', async () => {
    const { apiFetch, tokens } = createFetch()
    let sent = 0
    api().use(
      http.get(`${ORIGIN}/moody`, async () => {
        if (++sent < 4) await tokens.getToken({ forceRefresh: true })
        return HttpResponse.json(null, { status: 401 })
      }),
    )
    expect((await apiFetch(`${ORIGIN}/moody`)).status).toBe(401)
    expect(sent).toBe(2)
  })

  test("from behind a redirect to a stranger is the stranger's: nothing is refreshed", async () => {
    const { apiFetch } = createFetch()
    const location = 'https://elsewhere.example/there'
    api().use(
      http.get(`${ORIGIN}/moved`, () => new HttpResponse(null, { status: 302, headers: { location } })),
    )
    expect(await apiFetch(`${ORIGIN}/moved`)).toMatchObject({ status: 401, url: location })
    expect(api().calls).toMatchObject([{ bearer: null }])
    expect(api().provider.refreshes).toBe(0)
  })

  test('whose refresh fails gives the caller its own 401, unread', async () => {
    const { apiFetch } = createFetch()
    api().revoke()
    api().provider.onRefresh = () => Promise.reject(new TypeError('Failed to fetch'))
    const response = await apiFetch(`${ORIGIN}/a`)
    expect(response).toMatchObject({ status: 401, url: `${ORIGIN}/a` })
    expect(await response.json()).toEqual({ number: 1, body: '' })
  })

  test('is what shouldRefresh says', async () => {
    const shouldRefresh = ({ status, headers }: { status: number; headers: Headers }) =>
      status === 403 && headers.get('x-reason') === 'token expired'
    const { apiFetch } = createFetch({ allowedOrigins: [ORIGIN], shouldRefresh })
    const tooOld = { status: 403, headers: { 'x-reason': 'token expired' } }
    api().use(http.get(`${ORIGIN}/a`, () => HttpResponse.json(null, tooOld), { once: true }))
    expect((await apiFetch(`${ORIGIN}/a`)).status).toBe(200)
    expect((await apiFetch(`${ORIGIN}/always401`)).status).toBe(401)
    expect(api().provider.refreshes).toBe(1)
  })

  test('is not replayed for another user, nor for nobody', async () => {
    const { apiFetch } = createFetch()
    await apiFetch(ORIGIN)
    api().revoke()
    api().provider.onRefresh = () => issue({ sub: 'bob' })
    expect((await apiFetch(ORIGIN)).status).toBe(401)
    expect(api().calls).toHaveLength(2)
  })
})

describe('an init', () => {
  const parameters = new URLSearchParams()
  test('is read when the request is made, whatever becomes of it during the wait', async () => {
    const { apiFetch } = createFetch()
    api().revoke()
    const init = { method: 'POST', body: 'first', headers: new Headers({ 'x-mine': 'first' }) }
    const first = apiFetch(ORIGIN, init)
    init.body = 'second'
    init.headers.set('x-mine', 'second')
    expect(await echo(first)).toEqual({ number: 2, body: 'first' })
    expect(api().calls.map(({ headers }) => headers.get('x-mine'))).toEqual(['first', 'first'])
  })

  test('and so is a URL', async () => {
    const { apiFetch } = createFetch()
    const url = new URL(`${ORIGIN}/first`)
    const first = apiFetch(url)
    url.href = 'https://evil.example/'
    await first
    expect(api().calls).toMatchObject([{ url: `${ORIGIN}/first` }])
  })

  test('is made anew for the replay: a fetch below may add to it', async () => {
    const tracing: typeof fetch = (input, init) => {
      ;(init?.headers as Headers).append('x-trace', '7')
      return fetch(input, init)
    }
    const apiFetch = wrapFetch(tracing, api().manager(), { allowedOrigins: [ORIGIN] })
    api().revoke()
    await apiFetch(ORIGIN)
    expect(api().calls.map(({ headers }) => headers.get('x-trace'))).toEqual(['7', '7'])
  })

  const form = new FormData()
  test.each<[string, BodyInit, (text: string) => void]>([
    [
      'a form',
      form,
      (text) => {
        form.set('part', text)
      },
    ],
    [
      'search parameters',
      parameters,
      (text) => {
        parameters.set('part', text)
      },
    ],
  ])('may have %s as its body that is used again before the request is sent', async (_, body, fill) => {
    const { apiFetch } = createFetch()
    api().revoke()
    const responses = ['first', 'other'].map((text) => {
      fill(text)
      return echo(apiFetch(`${ORIGIN}/${text}`, { method: 'POST', body, headers: { 'x-id': text } }))
    })
    const [first, other] = await Promise.all(responses)
    expect(first?.body).toContain('first')
    expect(other?.body).toContain('other')
    expect(api().calls).toHaveLength(4)
    for (const { url, headers, body: sent } of api().calls) {
      expect(url).toContain(headers.get('x-id'))
      expect(sent).toContain(headers.get('x-id'))
    }
  })

  test('may inherit its fields', async () => {
    const { apiFetch } = createFetch()
    api().revoke()
    const init = Object.create({ method: 'POST', body: 'inherited' }) as RequestInit
    expect(await echo(apiFetch(ORIGIN, init))).toEqual({ number: 2, body: 'inherited' })
    expect(api().calls).toMatchObject([{ method: 'POST' }, { method: 'POST' }])
  })

  test("replaces a Request's body, though that has been read, and its signal", async () => {
    const { apiFetch } = createFetch()
    const used = new Request(ORIGIN, { method: 'POST', body: 'x', signal: AbortSignal.abort() })
    await used.text()
    expect(await echo(apiFetch(used, { body: '', signal: null }))).toEqual({ number: 1, body: '' })
  })
})

describe('bodies', () => {
  const form = new FormData()
  form.set('name', 'Ada')
  test.each<[string, BodyInit, string]>([
    ['text', 'plain', 'plain'],
    ['search parameters', new URLSearchParams({ a: '1' }), 'a=1'],
    ['bytes', new TextEncoder().encode('bytes'), 'bytes'],
    ['a blob', new Blob(['blob']), 'blob'],
    ['a form', form, 'Ada'],
  ])('that are %s are replayed whole, in an init or in a Request', async (_, body, text) => {
    const { apiFetch } = createFetch()
    for (const send of [
      () => apiFetch(ORIGIN, { method: 'POST', body }),
      () => apiFetch(new Request(ORIGIN, { method: 'POST', body })),
    ]) {
      api().revoke()
      expect((await echo(send())).body).toContain(text)
    }
    expect(api().calls).toHaveLength(4)
    for (const call of api().calls) expect(call.body).toContain(text)
  })

  test('that can be read only once are never replayed empty: the caller gets the 401', async () => {
    const { apiFetch } = createFetch()
    api().revoke()
    const body = new Blob(['once']).stream()
    const response = await apiFetch(ORIGIN, { method: 'POST', body, duplex: 'half' } as RequestInit)
    expect(response.status).toBe(401)
    expect(await response.json()).toEqual({ number: 1, body: 'once' })
  })
})

describe('abort', () => {
  test('while it waits rejects at once with the reason, and it is never sent', async () => {
    const { apiFetch } = createFetch()
    const answer = deferred<ReturnType<typeof issue>>()
    api().provider.stored = expired()
    api().provider.onRefresh = () => answer.promise
    const controller = new AbortController()
    const other = apiFetch(`${ORIGIN}/other`)
    const init = { signal: controller.signal }
    const aborted = [apiFetch(`${ORIGIN}/a`, init), apiFetch(new Request(`${ORIGIN}/b`, init))]
    await new Promise(setImmediate)
    controller.abort()
    for (const request of aborted) await expect(request).rejects.toMatchObject({ name: 'AbortError' })
    answer.resolve(issue())
    expect((await other).status).toBe(200)
    expect(api().calls.map(({ url }) => url)).toEqual([`${ORIGIN}/other`])
  })
})

const noError = null as unknown as Error
test('rejects with whatever fetch rejects with', async () => {
  const nothing = () => Promise.reject(noError)
  await expect(wrapFetch(nothing, api().manager(), { allowedOrigins: [ORIGIN] })(ORIGIN)).rejects.toBeNull()
})

describe('what cannot be sent', () => {
  test('rejects with the reason, and no token is in it', async () => {
    const { apiFetch } = createFetch()
    api().provider.stored = expired()
    api().provider.onRefresh = () => Promise.reject(new TypeError('Failed to fetch'))
    const error: unknown = await apiFetch(ORIGIN).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ name: 'BearerError', code: 'offline', retryable: true })
    expect(inspect(error, { depth: 8 })).not.toContain('secret.')
    expect(api().calls).toEqual([])
  })
})

describe('bad input', () => {
  test.each([
    ['no fetch', [undefined, {}], 'fetch must be a function, not "undefined"'],
    [
      'no origin, and no page to take it from',
      [fetch, undefined],
      "allowedOrigins must be a list of exact origins such as 'https://api.example.com', not undefined",
    ],
    ['an origin with a path', [fetch, { allowedOrigins: [`${ORIGIN}/v1`] }], `not "${ORIGIN}/v1"`],
    ['an address with a slash', [fetch, { allowedOrigins: ['http://[::1]/'] }], 'not "http://[::1]/"'],
  ])('%s is refused at once', (_, [given, options], message) => {
    const wrap = () => wrapFetch(given as typeof fetch, api().manager(), options as object)
    expect(wrap).toThrow(TypeError)
    expect(wrap).toThrow(message)
  })

  test('what fetch itself refuses is refused by fetch', async () => {
    const { apiFetch } = createFetch()
    await expect(apiFetch('/relative')).rejects.toMatchObject({ name: 'TypeError' })
    const used = new Request(ORIGIN, { method: 'POST', body: 'x' })
    await used.text()
    await expect(apiFetch(used)).rejects.toMatchObject({ name: 'TypeError' })
  })
})
