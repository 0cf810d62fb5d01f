import { Agent, createServer, type Server } from 'node:http'
import type { AddressInfo, LookupFunction } from 'node:net'
import { Readable } from 'node:stream'
import { inspect } from 'node:util'
import FormData from 'form-data'
import type { AxiosInstance, AxiosStatic, InternalAxiosRequestConfig } from 'axios'
import newest from 'axios'
import readOnlyCause from 'axios-1.13.2'
import oldest from 'axios-1.7.0'
import { attachBearer } from '../../src/axios/index.js'
import { createTokenManager, type TokenManager } from '../../src/index.js'
import { accessTokenOf, createProvider, deferred } from '../support/provider.js'

// The oldest axios that is supported, one whose errors' cause cannot be assigned, and the newest, on real sockets.
let server: Server
let port: string
let seen: string[]
let tokens: TokenManager
let provider: ReturnType<typeof createProvider>
let refused: string
let endlessClosed: ReturnType<typeof deferred<undefined>>
let requests: {
  url: string | undefined
  agent: string | undefined
  encoding: string | string[] | undefined
}[]

beforeEach(async () => {
  seen = []
  refused = ''
  requests = []
  endlessClosed = deferred()
  provider = createProvider()
  tokens = createTokenManager({ tokenProvider: provider })
  server = createServer((request, response) => {
    const { host = '', authorization } = request.headers
    seen.push(`${host.replace(/:.*/, '')} ${authorization ? 'token' : 'bare'}`)
    requests.push({
      url: request.url,
      agent: request.headers['user-agent'],
      encoding: request.headers['accept-encoding'],
    })
    if (request.url === '/broken') {
      request.socket.destroy()
      return
    }
    const isRefused = authorization === `Bearer ${refused}`
    const moves = request.url === '/moved' || (request.url === '/moved-if-accepted' && !isRefused)
    const location = moves ? `http://cdn.app.localhost:${port}/` : undefined
    const status = location ? 302 : isRefused ? 401 : request.url === '/500' ? 500 : 200
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      if (request.url === '/endless') {
        response.once('close', endlessClosed.resolve)
        response.writeHead(status)
        response.write('begun')
        return
      }
      response.writeHead(status, { ...(location && { location }), 'content-type': 'application/json' })
      response.end(
        JSON.stringify({
          body,
          length: request.headers['content-length'],
          custom: request.headers['x-custom'],
        }),
      )
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = String((server.address() as AddressInfo).port)
})

afterEach(async () => {
  tokens.close()
  await new Promise((resolve) => {
    server.close(resolve).closeAllConnections()
  })
})

/** Every host name is this machine. */
const lookup = ((_: string, { all }: { all?: boolean }, found: (...answer: unknown[]) => void) => {
  if (all) found(null, [{ address: '127.0.0.1', family: 4 }])
  else found(null, '127.0.0.1', 4)
}) as LookupFunction

describe.each<[string, AxiosStatic]>([
  ['1.7.0', oldest as unknown as AxiosStatic],
  ['1.13.2', readOnlyCause as unknown as AxiosStatic],
  [newest.VERSION, newest],
])('axios %s', (_, axios) => {
  function createClient(): AxiosInstance {
    const client = axios.create({ baseURL: `http://app.localhost:${port}`, httpAgent: new Agent({ lookup }) })
    client.defaults.headers.common['x-custom'] = 'by default'
    attachBearer(client, tokens)
    return client
  }

  test('a token does not follow a redirect to a subdomain', async () => {
    await createClient().get('/moved')
    expect(seen).toEqual(['app.localhost token', 'cdn.app.localhost bare'])
  })

  test('but one within its origin', async () => {
    const client = createClient()
    client.defaults.baseURL = `http://cdn.app.localhost:${port}`
    await client.get('/moved')
    expect(seen).toEqual(['cdn.app.localhost token', 'cdn.app.localhost token'])
  })

  test("the application's redirect hook is called, sees no token for others, and stays on the config", async () => {
    const seenThere: unknown[] = []
    const beforeRedirect = (
      { hostname, headers }: { hostname: string; headers: object },
      { statusCode }: { statusCode: number },
    ) => {
      seenThere.push([hostname, 'Authorization' in headers, statusCode])
    }
    const { config } = await createClient().get('/moved', { beforeRedirect } as object)
    expect(seenThere).toEqual([['cdn.app.localhost', false, 302]])
    expect(config.beforeRedirect).toBe(beforeRedirect)
  })

  test('transforms run once, and are on the config that comes back', async () => {
    const client = createClient()
    const transformRequest = [(data: unknown) => `<${String(data)}>`]
    const transformResponse = [(data: string) => [data]]
    refused = accessTokenOf(provider.stored)
    const { data, config } = await client.post<string[]>('/', 'a', { transformRequest, transformResponse })
    expect(data).toEqual([expect.stringContaining('"body":"<a>"')])
    expect(config).toMatchObject({ transformRequest, transformResponse })
    expect(seen).toHaveLength(2)
  })

  test('a refused response that is a stream is let go of', async () => {
    refused = accessTokenOf(provider.stored)
    const { data } = await createClient().get<Readable>('/endless', { responseType: 'stream' })
    await endlessClosed.promise
    expect(data.destroyed).toBe(false)
    data.destroy()
  })

  test('a replay is the same request', async () => {
    const client = createClient()
    refused = accessTokenOf(provider.stored)
    const { data } = await client.post<object>('/', { a: 'ü' })
    expect(data).toEqual({ body: '{"a":"ü"}', length: '10', custom: 'by default' })
    expect(seen).toHaveLength(2)
  })

  test('a default header that an interceptor took out does not come back with the replay', async () => {
    const client = createClient()
    client.interceptors.request.use((config) => {
      config.headers.delete('x-custom')
      return config
    })
    refused = accessTokenOf(provider.stored)
    expect((await client.get<object>('/')).data).toEqual({ body: '' })
    expect(seen).toHaveLength(2)
  })

  test.each(['http', 'fetch'])(
    "a 401 that stands is the client's own error (%s adapter)",
    async (adapter) => {
      const client = axios.create({ baseURL: `http://localhost:${port}`, adapter })
      attachBearer(client, tokens)
      refused = accessTokenOf(provider.stored)
      provider.onRefresh = () => null
      const error: unknown = await client.get('/').catch((reason: unknown) => reason)
      expect(error).toMatchObject({
        isAxiosError: true,
        cause: { code: 'sessionExpired' },
        response: { status: 401, data: { body: '' } },
      })
    },
  )

  test('a token does not follow the redirect of a replay either', async () => {
    refused = accessTokenOf(provider.stored)
    await createClient().get('/moved-if-accepted')
    expect(seen).toEqual(['app.localhost token', 'app.localhost token', 'cdn.app.localhost bare'])
  })

  describe('interceptors that were installed before', () => {
    type Edit = (config: InternalAxiosRequestConfig) => InternalAxiosRequestConfig
    const createEdited = (edit: Edit) => {
      const client = axios.create({
        baseURL: `http://app.localhost:${port}`,
        httpAgent: new Agent({ lookup }),
      })
      client.interceptors.request.use(edit)
      attachBearer(client, tokens)
      return client
    }

    test('may send the request elsewhere: then without the token', async () => {
      const url = `http://other.localhost:${port}/`
      await createEdited((config) => Object.assign(config, { url })).get('/')
      expect(seen).toEqual(['other.localhost bare'])
    })

    test('may change the base URL, whose origin is the one that gets the token', async () => {
      const baseURL = `http://other.localhost:${port}`
      await createEdited((config) => Object.assign(config, { baseURL })).get('/')
      expect(seen).toEqual(['other.localhost token'])
    })

    test('may give it credentials of its own', async () => {
      const client = createEdited((config) => {
        config.headers.set('Authorization', 'Bearer mine')
        return config
      })
      refused = 'mine'
      await expect(client.get('/')).rejects.toMatchObject({ response: { status: 401 } })
      expect(provider.refreshes).toBe(0)
    })

    test.each<[string, Edit]>([
      ['copy the config', (config) => ({ ...config })],
      [
        'put plain headers there',
        (config) => Object.assign(config, { headers: { ...config.headers.toJSON(), 'X-A': '1' } }),
      ],

      ['have a redirect hook', (config) => Object.assign(config, { beforeRedirect: () => undefined })],
      ['have a transform', (config) => Object.assign(config, { transformResponse: (data: unknown) => data })],
    ])('may %s', async (_, edit) => {
      refused = accessTokenOf(provider.stored)
      expect((await createEdited(edit).get('/moved-if-accepted')).status).toBe(200)
      expect(seen).toEqual(['app.localhost token', 'app.localhost token', 'cdn.app.localhost bare'])
    })

    test('may send a failed config again', async () => {
      const client = axios.create({
        baseURL: `http://app.localhost:${port}`,
        httpAgent: new Agent({ lookup }),
      })
      let failures = 0
      client.interceptors.response.use(
        undefined,
        (error: { config: InternalAxiosRequestConfig; response?: unknown }) => {
          if (error.response) throw error as unknown as Error
          return client.request({ ...error.config, url: '/' })
        },
      )
      attachBearer(client, tokens)
      const old = accessTokenOf(provider.stored)
      expect((await client.get('/broken')).status).toBe(200)
      refused = old
      failures++
      expect((await client.get('/broken')).status).toBe(200)
      expect(failures).toBe(1)
      expect(provider.refreshes).toBe(1)
    })
  })

  test('transforms that are switched off stay off', async () => {
    refused = accessTokenOf(provider.stored)
    const config = { transformResponse: null, transformRequest: null } as object
    expect((await createClient().post<string>('/', 'text', config)).data).toContain('"body":"text"')
    expect(seen).toHaveLength(2)
  })

  test.each([
    ['with the token', {}, true],
    ['without it', { bearer: false }, true],
    ['with credentials of its own', { headers: { authorization: 'Bearer mine' } }, true],
    ['for nobody', {}, false],
  ])('what was sent %s can be sent again, and is parsed', async (_, options, signedIn) => {
    if (!signedIn) provider.stored = null
    const client = createClient()
    const { config } = await client.get<unknown>('/', options)
    expect((await client.request(config)).data).toMatchObject({ custom: 'by default' })
  })

  test('what is sent again with credentials of its own keeps them', async () => {
    const client = createClient()
    const { config } = await client.get('/')
    config.headers.set('Authorization', 'Bearer mine')
    refused = 'mine'
    await expect(client.request(config)).rejects.toMatchObject({ response: { status: 401 } })
    expect(provider.refreshes).toBe(0)
  })

  test('headers that are switched off, and params that an interceptor took out, do not come back with the replay', async () => {
    const client = createClient()
    client.defaults.params = { k: '1' }
    client.interceptors.request.use((config) => Object.assign(config, { url: '/?k=1', params: undefined }))
    refused = accessTokenOf(provider.stored)
    await client.get('/', { headers: { 'User-Agent': false, 'Accept-Encoding': false } })
    const [first, second] = requests
    expect(second).toEqual(first)
    expect(first).toMatchObject({ url: '/?k=1', agent: undefined })
  })

  test("a form with a stream in it goes out, and its 401 is the caller's", async () => {
    const form = new FormData()
    form.append('file', Readable.from(['content']), { knownLength: 7, filename: 'a' })
    refused = accessTokenOf(provider.stored)
    const error: unknown = await createClient()
      .post('/', form)
      .catch((reason: unknown) => reason)
    expect(error).toMatchObject({ response: { status: 401 } })
    // The next one goes out with a good token all the same.
    expect(provider.refreshes).toBe(1)
  })

  test('the error of a response stream that is aborted tells of the request as it was made', async () => {
    const client = axios.create({ baseURL: `http://localhost:${port}` })
    attachBearer(client, tokens)
    const controller = new AbortController()
    const { signal } = controller
    const { data } = await client.get<Readable>('/endless', { responseType: 'stream', signal })
    const error = new Promise((resolve) => data.once('error', resolve))
    controller.abort()
    expect(JSON.stringify(await error).includes('secret.')).toBe(false)
    expect(await error).toMatchObject({ config: { url: '/endless' } })
  })

  test.each(['http', 'fetch'])(
    'what is aborted in the same tick is never sent (%s adapter)',
    async (adapter) => {
      const client = axios.create({ baseURL: `http://localhost:${port}`, adapter })
      attachBearer(client, tokens)
      await tokens.getToken()
      const controller = new AbortController()
      const source = axios.CancelToken.source()
      const aborted = [
        client.post('/', {}, { signal: controller.signal }),
        client.post('/', {}, { cancelToken: source.token }),
      ]
      controller.abort()
      source.cancel()
      for (const request of aborted)
        expect(axios.isCancel(await request.catch((error: unknown) => error))).toBe(true)
      await client.get('/')
      expect(seen).toHaveLength(1)
    },
  )

  test('a config without an adapter goes out by the default one', async () => {
    const client = createClient()
    client.interceptors.request.use((config) => {
      delete config.adapter
      return config
    })
    await client.get('/')
    expect(seen).toEqual(['app.localhost token'])
  })

  test.each(['http', 'fetch'] as const)(
    'no token is in what is seen afterwards (%s adapter)',
    async (adapter) => {
      const client = axios.create({ baseURL: `http://localhost:${port}`, adapter })
      attachBearer(client, tokens)
      const failureOf = (request: Promise<unknown>) => request.then(fail, (error: unknown) => error)
      const errors = [
        await failureOf(client.get('/500')),
        await failureOf(client.get('/500', { responseType: 'stream' })),
      ]
      for (const shown of [...errors, await client.get('/')])
        expect(inspect(shown, { depth: 3 })).not.toContain('secret.')
      const stream = await client.get<object>('/', { responseType: 'stream' })
      expect(inspect(stream, { depth: 8 }) + inspect(stream.data, { depth: 8 })).not.toContain('secret.')
      const { config } = await client.get<unknown>('/500', { validateStatus: () => true })
      expect(JSON.stringify([errors[0], config])).not.toContain('secret.')
    },
  )
})

function fail(): never {
  throw new Error('it should have failed')
}
