import { Agent, createServer, type Server } from 'node:http'
import type { AddressInfo, LookupFunction } from 'node:net'
import type { AxiosInstance, AxiosStatic } from 'axios'
import newest from 'axios'
import oldest from 'axios-1.7.0'
import { attachBearer } from '../../src/axios/index.js'
import { createTokenManager, type TokenManager } from '../../src/index.js'
import { accessTokenOf, createProvider } from '../support/provider.js'

// The oldest axios that is supported, and the newest, on real sockets.
let server: Server
let port: string
let seen: string[]
let tokens: TokenManager
let provider: ReturnType<typeof createProvider>
let refused: string

beforeEach(async () => {
  seen = []
  refused = ''
  provider = createProvider()
  tokens = createTokenManager({ tokenProvider: provider })
  server = createServer((request, response) => {
    const { host = '', authorization } = request.headers
    seen.push(`${host.replace(/:.*/, '')} ${authorization ? 'token' : 'bare'}`)
    const location = request.url === '/moved' ? `http://cdn.app.localhost:${port}/` : undefined
    const status = location ? 302 : authorization === `Bearer ${refused}` ? 401 : 200
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
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

  test("a 401 that stands is the client's own error", async () => {
    const client = createClient()
    refused = accessTokenOf(provider.stored)
    provider.onRefresh = () => null
    const error: unknown = await client.get('/').catch((reason: unknown) => reason)
    expect(error).toMatchObject({
      isAxiosError: true,
      cause: { code: 'sessionExpired' },
      response: { status: 401, data: { body: '' } },
    })
  })
})
