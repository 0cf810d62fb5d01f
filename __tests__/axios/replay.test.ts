import { Readable } from 'node:stream'
import { inspect } from 'node:util'
import axios, { AxiosError, type AxiosResponse, type InternalAxiosRequestConfig } from 'axios'
import { http, HttpResponse } from 'msw'
import { attachBearer } from '../../src/axios/index.js'
import { BearerError } from '../../src/index.js'
import { ORIGIN, setupApi } from '../support/api.js'
import { deferred, issue } from '../support/provider.js'

const api = setupApi()

interface Echo {
  number: number
  body: string
}

function createClient(
  config: Parameters<typeof axios.create>[0] = {},
  options?: Parameters<typeof attachBearer>[2],
) {
  const tokens = api().manager()
  const client = axios.create({ baseURL: ORIGIN, ...config })
  attachBearer(client, tokens, options)
  return { client, tokens }
}

const failureOf = (request: Promise<unknown>) =>
  request.then(
    () => {
      throw new Error('it should have failed')
    },
    (error: unknown) => error as AxiosError,
  )

describe('a challenge', () => {
  test('is answered by one replay with the new token and the same request', async () => {
    const { client, tokens } = createClient()
    api().revoke()
    const old = api().token()
    const { data, status } = await client.post<Echo>(
      '/orders',
      { item: 'book' },
      { params: { q: 1 }, headers: { 'x-request-id': '7' } },
    )
    expect(status).toBe(200)
    const [first, second] = api().calls
    expect([first?.bearer, second?.bearer]).toEqual([`Bearer ${old}`, `Bearer ${api().token()}`])
    for (const call of api().calls) {
      expect(call).toMatchObject({ method: 'POST', url: `${ORIGIN}/orders?q=1`, body: '{"item":"book"}' })
      expect(call.headers.get('x-request-id')).toBe('7')
      expect(call.headers.get('content-type')).toBe('application/json')
    }
    expect(data.number).toBe(2)
    expect(tokens.stats()).toMatchObject({ refreshes: 1, replays: 1 })
  })

  test.each(['http', 'fetch'] as const)(
    'of 100 parallel requests costs one refresh (%s adapter)',
    async (adapter) => {
      const { client } = createClient({ adapter })
      api().revoke()
      const responses = await Promise.all(Array.from({ length: 100 }, (_, i) => client.get(`/${String(i)}`)))
      expect(responses.every(({ status }) => status === 200)).toBe(true)
      expect(api().calls).toHaveLength(200)
      expect(api().provider).toMatchObject({ refreshes: 1, mostRunning: 1 })
    },
  )

  test('that comes again is the end: the request fails with its own 401', async () => {
    const { client } = createClient()
    const error = await failureOf(client.get('/always401'))
    expect(error).toMatchObject({ status: 401, response: { data: { number: 2 } }, isAxiosError: true })
    expect(error.cause).toMatchObject({ code: 'tokenRefused' })
    expect(api().calls).toHaveLength(2)
    for (let i = 0; i < 10; i++) await failureOf(client.get('/always401'))
    expect(api().provider.refreshes).toBe(1)
  })

  test('of a route that always refuses costs one refresh, whatever ids and queries it is called with', async () => {
    const { client } = createClient({ baseURL: `${ORIGIN}/always401/v1` })
    const users = ['users/7/orders/8', 'users/99/orders/10?q']
    const lists = ['list', 'list?q=a', 'list?q=b/c', 'list#d', 'list?q=e\nf']
    for (const url of ['/1', '22', '3?q=4', '//5#6', ...users, ...lists]) {
      await failureOf(client.get(url))
      // Somebody else's success lifts the block that is no route's.
      expect((await client.get(`${ORIGIN}/fine`)).status).toBe(200)
    }
    expect(api().provider.refreshes).toBe(3)
  })

  test('of a method that is always refused does not keep another from healing', async () => {
    const { client } = createClient()
    api().use(http.post(`${ORIGIN}/orders`, () => HttpResponse.json(null, { status: 401 })))
    expect((await failureOf(client.post('/orders'))).status).toBe(401)
    expect((await client.get('/orders')).status).toBe(200)
    api().revoke()
    expect((await client.get('/orders')).status).toBe(200)
    expect(api().provider.refreshes).toBe(2)
  })

  test('that is late is replayed with the newer token, and refreshes nothing', async () => {
    const { client, tokens } = createClient()
    const gate = deferred<undefined>()
    api().use(
      http.get(`${ORIGIN}/slow`, async () => {
        await gate.promise
      }),
    )
    api().revoke()
    const slow = client.get('/slow')
    await client.get('/quick')
    gate.resolve(undefined)
    expect((await slow).status).toBe(200)
    expect(tokens.stats().refreshes).toBe(1)
  })

  test('whose refresh fails leaves the caller its own 401, with the reason as its cause', async () => {
    const { client } = createClient()
    api().revoke()
    api().provider.onRefresh = () => Promise.reject(new TypeError('Failed to fetch'))
    const error = await failureOf(client.get('/'))
    expect(error).toBeInstanceOf(AxiosError)
    expect(error).toMatchObject({ status: 401, message: 'Request failed with status code 401' })
    expect(error.response?.data).toMatchObject({ number: 1 })
    expect(error.cause).toBeInstanceOf(BearerError)
    expect(error.cause).toMatchObject({ code: 'offline', retryable: true })
  })

  test('is what shouldRefresh says', async () => {
    const shouldRefresh = ({ status, headers }: { status: number; headers: Headers }) =>
      headers instanceof Headers && status === 403 && headers.get('x-reason') === 'token expired'
    const { client } = createClient({}, { shouldRefresh })
    api().use(
      http.get(
        `${ORIGIN}/a`,
        () => HttpResponse.json(null, { status: 403, headers: { 'x-reason': 'token expired' } }),
        {
          once: true,
        },
      ),
    )
    expect((await client.get('/a')).status).toBe(200)
    await failureOf(client.get('/always401'))
    expect(api().provider.refreshes).toBe(1)
  })
})

describe('the application sees one request and one response', () => {
  test.each(['before', 'after'])('in its transforms, and in interceptors installed %s', async (when) => {
    const seen: string[] = []
    const see = <T>(what: string, value: T): T => {
      seen.push(what)
      return value
    }
    const client = axios.create({
      baseURL: ORIGIN,
      transformRequest: [(data: unknown) => see('transformRequest', JSON.stringify(data))],
      transformResponse: [(data: string) => see('transformResponse', JSON.parse(data) as unknown)],
    })
    if (when === 'after') attachBearer(client, api().manager())
    client.interceptors.request.use((config) => see('request', { ...config }))
    client.interceptors.response.use(
      (response) => see('response', response),
      (error: AxiosError) => see('error', Promise.reject(error)),
    )
    if (when === 'before') attachBearer(client, api().manager())
    api().revoke()
    const { data } = await client.post<Echo>('/', { a: 1 })
    expect(data).toEqual({ number: 2, body: '{"a":1}' })
    expect(seen).toEqual(['request', 'transformRequest', 'transformResponse', 'response'])
    seen.length = 0
    api().provider.onRefresh = () => null
    api().revoke()
    const error = await failureOf(client.post('/', { a: 1 }))
    expect(error.response?.data).toEqual({ number: 3, body: '{"a":1}' })
    expect(seen).toEqual(['request', 'transformRequest', 'transformResponse', 'error'])
  })

  test('with validateStatus: () => true', async () => {
    const { client } = createClient({ validateStatus: () => true })
    api().revoke()
    expect((await client.get('/')).status).toBe(200)
    const refused: AxiosResponse = await client.get('/always401')
    expect(refused).toMatchObject({ status: 401, data: { number: 4 } })
    api().provider.onRefresh = () => null
    api().revoke()
    expect(await client.get('/')).toMatchObject({ status: 401, data: { number: 5 } })
  })

  test('and the response tells of the request as it was made', async () => {
    const transformResponse = [(data: string): unknown => JSON.parse(data)]
    const { client } = createClient({ transformResponse })
    api().revoke()
    for (const bearer of [true, false]) {
      const { config } = await client.get('/', { bearer, validateStatus: () => true })
      expect(config.transformResponse).toEqual(transformResponse)
      expect(config.url).toBe('/')
    }
  })

  test("and an adapter's answer as it came", async () => {
    const data = { config: { theme: 'dark' }, request: 7, destroy: true }
    const answers = [401, 200]
    const adapter = (config: InternalAxiosRequestConfig) =>
      Promise.resolve({ data, status: answers.shift() ?? 500, statusText: '', headers: {}, config })
    const { client } = createClient({ adapter })
    expect(JSON.stringify((await client.get('/')).data)).toBe(JSON.stringify(data))
    expect(data.config).toEqual({ theme: 'dark' })
  })

  test('when it sends the config of an earlier request again', async () => {
    const { client } = createClient()
    const { config } = await client.get('/')
    api().revoke()
    expect((await client.request(config)).status).toBe(200)
    const error = await failureOf(client.get('/always401'))
    expect((await client.request({ ...error.config, url: '/fine' })).status).toBe(200)
    expect(api().calls.at(-1)?.bearer).toBe(`Bearer ${api().token()}`)
  })
})

describe('bodies', () => {
  test.each([
    ['text', 'plain', 'plain'],
    ['an object', { a: 1 }, '{"a":1}'],
    ['search parameters', new URLSearchParams({ a: '1' }), 'a=1'],
    ['bytes', new TextEncoder().encode('bytes'), 'bytes'],
    ['a buffer', Buffer.from('buffer'), 'buffer'],
  ])('that are %s are replayed whole', async (_, data, text) => {
    const { client } = createClient()
    api().revoke()
    expect((await client.post<Echo>('/', data)).data).toEqual({ number: 2, body: text })
    expect(api().calls[0]?.body).toBe(text)
  })

  test.each(['http', 'fetch'] as const)('that are forms are replayed whole (%s adapter)', async (adapter) => {
    const { client } = createClient({ adapter })
    const form = new FormData()
    form.set('name', 'Ada')
    form.set('file', new Blob(['content']), 'file.txt')
    api().revoke()
    await client.postForm('/', form)
    api().revoke()
    await client.postForm('/', { name: 'Ada', file: Buffer.from('content') })
    expect(api().calls).toHaveLength(4)
    for (const { body, headers } of api().calls) {
      expect(body).toContain('Ada')
      expect(body).toContain('content')
      const [, boundary = '?'] = /boundary=(.*)/.exec(headers.get('content-type') ?? '') ?? []
      expect(body).toContain(boundary)
    }
  })

  test('that can be read only once are never replayed empty: the caller gets the 401', async () => {
    const { client } = createClient({ maxRedirects: 0 })
    api().revoke()
    const error = await failureOf(client.post('/', Readable.from(['once'])))
    expect(error).toMatchObject({ status: 401, response: { data: { number: 1, body: 'once' } } })
    expect(api().calls).toHaveLength(1)
  })

  test.each(['http', 'fetch'] as const)('of responses may be streams (%s adapter)', async (adapter) => {
    const { client } = createClient({ adapter, responseType: 'stream' })
    api().revoke()
    const { data } = await client.get<AsyncIterable<Uint8Array>>('/')
    let text = ''
    for await (const chunk of data) text += Buffer.from(chunk).toString()
    expect(JSON.parse(text)).toMatchObject({ number: 2 })
  })
})

describe('whose request', () => {
  test('it is not replayed for another user, nor for nobody', async () => {
    const { client, tokens } = createClient()
    await tokens.getToken()
    for (const next of [issue({ sub: 'bob' }), null]) {
      api().use(
        http.get(`${ORIGIN}/switch`, () => {
          api().provider.stored = next
          api().provider.onRefresh = () => next
          return HttpResponse.json(null, { status: 401 })
        }),
      )
      api().calls.length = 0
      const error = await failureOf(client.get('/switch'))
      expect(error.status).toBe(401)
      expect(error.cause).toMatchObject({ code: next ? 'userChanged' : 'signedOut' })
      expect(api().calls).toEqual([])
    }
  })
})

describe('abort', () => {
  test('while it waits rejects at once, and it is never sent', async () => {
    const { client } = createClient()
    const answer = deferred<ReturnType<typeof issue>>()
    api().provider.stored = issue({ issuedAgoMs: 3_600_000 })
    api().provider.onRefresh = () => answer.promise
    const controller = new AbortController()
    const { token: cancelToken, cancel } = axios.CancelToken.source()
    const other = client.get('/other')
    const aborted = client.get('/aborted', { signal: controller.signal })
    const cancelled = client.get('/cancelled', { cancelToken })
    await new Promise(setImmediate)
    controller.abort()
    cancel()
    expect(axios.isCancel(await failureOf(aborted))).toBe(true)
    answer.resolve(issue())
    // A cancel token, long deprecated, is heeded when the wait is over.
    expect(axios.isCancel(await failureOf(cancelled))).toBe(true)
    expect((await other).status).toBe(200)
    expect(api().calls.map(({ url }) => url)).toEqual([`${ORIGIN}/other`])
  })

  test('between the 401 and the replay as well', async () => {
    const { client } = createClient()
    const answer = deferred<ReturnType<typeof issue>>()
    const controller = new AbortController()
    api().revoke()
    api().provider.onRefresh = () => {
      controller.abort()
      return answer.promise
    }
    const error = await failureOf(client.get('/', { signal: controller.signal }))
    expect(axios.isCancel(error)).toBe(true)
    expect(api().calls).toHaveLength(1)
  })

  test("the request's timeout is not the wait's", async () => {
    const { client } = createClient({ timeout: 100 })
    const answer = deferred<ReturnType<typeof issue>>()
    api().provider.stored = issue({ issuedAgoMs: 3_600_000 })
    api().provider.onRefresh = () => answer.promise
    const request = client.get('/')
    setTimeout(() => {
      answer.resolve(issue())
    }, 150)
    expect((await request).status).toBe(200)
  })
})

describe('what cannot be sent', () => {
  test('rejects as an AxiosError with the reason as its cause', async () => {
    const { client } = createClient()
    api().provider.stored = issue({ issuedAgoMs: 3_600_000 })
    api().provider.onRefresh = () => Promise.reject(new TypeError('Failed to fetch'))
    const error = await failureOf(client.get('/'))
    expect(error).toBeInstanceOf(AxiosError)
    expect(error).toMatchObject({ code: 'ERR_BEARER', message: 'offline', config: { url: '/' } })
    expect(error.cause).toMatchObject({ code: 'offline' })
    expect(api().calls).toEqual([])
  })
})

describe('secrets', () => {
  const everything = (error: unknown) => inspect(error, { depth: 8, getters: true }) + JSON.stringify(error)

  test.each(['http', 'fetch'] as const)(
    'no token is in an error or a response (%s adapter)',
    async (adapter) => {
      const { client, tokens } = createClient({ adapter })
      const events: unknown[] = []
      tokens.subscribe((event) => events.push(event))
      api().use(
        http.get(`${ORIGIN}/500`, () => HttpResponse.json(null, { status: 500 })),
        http.get(`${ORIGIN}/broken`, () => HttpResponse.error()),
      )
      const told = [
        await failureOf(client.get('/500')),
        await failureOf(client.get('/broken')),
        await failureOf(client.get('/always401')),
        await failureOf(client.get('/always401')),
      ]
      api().provider.stored = issue({ issuedAgoMs: 3_600_000 })
      api().provider.onRefresh = () => Promise.reject(new Error('refused'))
      told.push(await failureOf(createClient({ adapter }).client.get('/')))
      api().provider.stored = issue()
      told.push(await createClient({ adapter }).client.get('/'))
      const transformResponse = () => {
        throw new Error('no JSON')
      }
      told.push(await failureOf(createClient({ adapter, transformResponse }).client.get('/')))
      for (const error of told) expect(everything(error)).not.toContain('secret.')
      expect(JSON.stringify([events, tokens.stats(), client.defaults])).not.toContain('secret.')
    },
  )
})
