import axios, { AxiosHeaders } from 'axios'
import { http, HttpResponse } from 'msw'
import { attachBearer, bearerInterceptors } from '../../src/axios/index.js'
import { ORIGIN, setupApi } from '../support/api.js'

const api = setupApi()

function createClient(baseURL: string | null = ORIGIN, options?: Parameters<typeof attachBearer>[2]) {
  const tokens = api().manager()
  const client = axios.create(baseURL === null ? {} : { baseURL })
  const detach = attachBearer(client, tokens, options)
  return { client, tokens, detach }
}

describe('the token goes', () => {
  test.each([
    ['to the base URL', ORIGIN, '/users', true],
    ['to an absolute URL of the same origin', ORIGIN, `${ORIGIN}/users`, true],
    ['to the same origin written otherwise', 'HTTPS://API.Example.com:443/v1', '/users', true],
    ['to a loopback host without encryption', 'http://127.0.0.1:9999', '/users', true],
    ['not to another origin', ORIGIN, 'https://evil.example/users', false],
    ['not to another origin in capitals', ORIGIN, 'HTTPS://EVIL.example/', false],
    ['not to a subdomain', ORIGIN, 'https://cdn.api.example.com/users', false],
    ['not to a look-alike', ORIGIN, 'https://api.example.com.evil.example/', false],
    ['not to a host hidden behind user info', ORIGIN, 'https://api.example.com@evil.example/', false],
    ['not to another port', ORIGIN, 'https://api.example.com:8443/', false],
    ['not without encryption', 'http://api.example.com', '/users', false],
    ['not to the same host without encryption', ORIGIN, 'http://api.example.com/', false],
    ['not without a base URL', null, `${ORIGIN}/users`, false],
  ])('%s', async (_, baseURL, url, goes) => {
    const { client } = createClient(baseURL)
    await client.get(url, { validateStatus: () => true })
    expect(api().calls.map(({ bearer }) => bearer === `Bearer ${api().token()}`)).toEqual([goes])
  })

  test('by the base URL of each request, whatever that of the one before', async () => {
    const { client } = createClient()
    for (const baseURL of [ORIGIN, 'http://api.example.com', ORIGIN, 'https://b.example'])
      await client.get('/users', { baseURL, validateStatus: () => true })
    expect(api().calls.map(({ bearer }) => bearer !== null)).toEqual([true, false, true, true])
  })

  test('where allowedOrigins say, and nowhere else', async () => {
    const { client } = createClient(ORIGIN, {
      allowedOrigins: ['http://plain.example', 'https://b.example:8443'],
    })
    const validateStatus = () => true
    await client.get('http://plain.example/', { validateStatus })
    await client.get('https://b.example:8443/', { validateStatus })
    await client.get('/', { validateStatus })
    expect(api().calls.map(({ bearer }) => bearer !== null)).toEqual([true, true, false])
  })

  test('not with a request that opts out', async () => {
    const { client } = createClient()
    await client.get('/public', { bearer: false, validateStatus: () => true })
    expect(api().calls).toMatchObject([{ bearer: null }])
  })

  test.each([
    ['a header of its own', { headers: { authorization: 'Bearer mine' } }, 'Bearer mine'],
    ['basic auth', { auth: { username: 'a', password: 'b' } }, 'Basic YTpi'],
  ])("not with a request that has %s; its 401 is the caller's", async (_, config, sent) => {
    const { client } = createClient()
    await expect(client.get('/always401', config)).rejects.toMatchObject({ status: 401 })
    expect(api().calls).toMatchObject([{ bearer: sent }])
    expect(api().provider.refreshes).toBe(0)
  })

  test('not when nobody is signed in: the request goes out bare', async () => {
    api().provider.stored = null
    const { client } = createClient()
    await expect(client.get('/')).rejects.toMatchObject({ status: 401 })
    expect(api().calls).toMatchObject([{ bearer: null }])
  })

  test.each([
    ['not where it makes the destination doubtful', 'https://b.example/users', false],
    ['to a path', '/users', true],
    ['to an absolute URL of the same origin', `${ORIGIN}/users`, true],
  ])('with allowAbsoluteUrls: false %s', async (_, url, goes) => {
    const { client } = createClient(ORIGIN, { allowedOrigins: [ORIGIN, 'https://b.example'] })
    await client.get(url, { allowAbsoluteUrls: false, validateStatus: () => true })
    expect(api().calls.map(({ bearer }) => bearer !== null)).toEqual([goes])
  })

  test('not on to where a redirect leads', async () => {
    const elsewhere = http.all('https://elsewhere.example/*', ({ request }) =>
      HttpResponse.json({ authorization: request.headers.get('authorization') }),
    )
    const redirect = http.get(`${ORIGIN}/moved`, () =>
      HttpResponse.json(null, { status: 302, headers: { location: 'https://elsewhere.example/there' } }),
    )
    api().use(elsewhere, redirect)
    const { client } = createClient()
    expect((await client.get('/moved')).data).toEqual({ authorization: null })
  })
})

describe('installing', () => {
  test('by hand is the same', async () => {
    const tokens = api().manager()
    const client = axios.create({ baseURL: ORIGIN })
    const { request, response } = bearerInterceptors(client, tokens)
    client.interceptors.request.use(...request)
    client.interceptors.response.use(...response)
    await client.get('/a')
    api().revoke()
    await client.get('/b')
    expect(api().calls).toHaveLength(3)
    await expect(client.get('/always401')).rejects.toMatchObject({ status: 401 })
  })

  test('leaves synchronous interceptors synchronous', async () => {
    const { client } = createClient()
    let hasRun = false
    const run = <T>(config: T): T => {
      hasRun = true
      return config
    }
    client.interceptors.request.use(run, undefined, { synchronous: true })
    const request = client.get('/a')
    expect(hasRun).toBe(true)
    await request
  })

  test('on the global axios works as well', async () => {
    const tokens = api().manager()
    const detach = attachBearer(axios, tokens, { allowedOrigins: [ORIGIN] })
    await axios.get(`${ORIGIN}/a`)
    detach()
    await axios.get(`${ORIGIN}/b`, { validateStatus: () => true })
    expect(api().calls.map(({ bearer }) => bearer !== null)).toEqual([true, false])
  })

  test('twice changes nothing, and both can be undone', async () => {
    const { client, tokens, detach } = createClient()
    const detachAgain = attachBearer(client, tokens)
    api().revoke()
    const { data } = await client.get<{ number: number }>('/a')
    expect(data.number).toBe(2)
    await expect(client.get('/always401')).rejects.toMatchObject({
      response: { data: { number: expect.any(Number) as number } },
    })
    expect(api().calls).toHaveLength(4)
    detach()
    await client.get('/b')
    detachAgain()
    await client.get('/c', { validateStatus: () => true })
    expect(
      api()
        .calls.slice(-2)
        .map(({ bearer }) => bearer !== null),
    ).toEqual([true, false])
  })

  test("leaves the client, its defaults and the caller's objects as they were", async () => {
    const { client } = createClient()
    const before = JSON.stringify(client.defaults)
    const headers = new AxiosHeaders({ 'x-mine': '1' })
    const config = Object.freeze({ headers, params: Object.freeze({ a: 1 }), data: Object.freeze({ b: 2 }) })
    api().revoke()
    const validateStatus = () => true
    await client.request({ ...config, url: '/a', method: 'post', validateStatus })
    expect(JSON.stringify(client.defaults)).toBe(before)
    expect(headers.toJSON()).toEqual({ 'x-mine': '1' })
    expect(api().calls).toHaveLength(2)
  })

  test.each([
    [undefined, {}, 'instance.create must be a function'],
    [{ get: () => undefined }, {}, 'instance.create must be a function'],
    [
      axios,
      { allowedOrigins: ['https://api.example.com/v1'] },
      'allowedOrigins must be a list of exact origins',
    ],
    [axios, { allowedOrigins: ['https://api.example.com/'] }, 'not "https://api.example.com/"'],
    [axios, { allowedOrigins: ['https://api.example.com?v=1'] }, 'not "https://api.example.com?v=1"'],
    [axios, { allowedOrigins: ['https://api.example.com#v1'] }, 'not "https://api.example.com#v1"'],
    [axios, { allowedOrigins: ['api.example.com'] }, 'not "api.example.com"'],
    [axios, { allowedOrigins: ['https://*.example.com'] }, 'allowedOrigins'],
    [axios, { allowedOrigins: ['ws://api.example.com'] }, 'allowedOrigins'],
    [axios, { allowedOrigins: [] }, 'not []'],
    [axios, { allowedOrigins: 'https://api.example.com' }, 'allowedOrigins'],
    [axios, { allowedOrigins: [7] }, 'allowedOrigins'],
    [axios, { shouldRefresh: 401 }, 'shouldRefresh must be a function'],
  ])('something wrong is refused at once: %p %j', (instance, options, message) => {
    const tokens = api().manager()
    const attach = () => attachBearer(instance as typeof axios, tokens, options as never)
    expect(attach).toThrow(TypeError)
    expect(attach).toThrow(message)
  })

  test('a manager that is none, or closed, is refused at once', () => {
    expect(() => attachBearer(axios, {} as never)).toThrow('manager.getToken must be a function')
    const tokens = api().manager()
    tokens.close()
    expect(() => attachBearer(axios, tokens)).toThrow(expect.objectContaining({ code: 'closed' }) as Error)
  })
})
