import type { TokenAnswer } from '../../src/next/tokenRoute.js'
import {
  cookiesOf,
  freezeDate,
  HOUR_MS,
  LAST_AUTH_USER,
  nameOf,
  ORIGIN,
  setupApp,
  signedIn,
  unsigned,
  valuesIn,
  writtenBy,
} from './app.js'

const setup = setupApp()
const EXPIRED = { issuedAgoMs: HOUR_MS }
const SAME_ORIGIN = { 'sec-fetch-site': 'same-origin' }

const post = (cookie: string, body?: unknown, headers: Record<string, string> = SAME_ORIGIN) =>
  new Request(`${ORIGIN}/api/token`, {
    method: 'POST',
    headers: { cookie, ...headers },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
const answerOf = async (response: Response) => (await response.json()) as TokenAnswer

test('answers with the tokens, their claims and the server’s time', async () => {
  freezeDate()
  const app = await setup()
  const tokens = await app.pool.issue()
  const response = await app.session.tokenRoute().POST(post(cookiesOf(tokens), {}))
  const answer = await answerOf(response)
  expect([answer.accessToken?.value, answer.idToken?.value]).toEqual([tokens.accessToken, tokens.idToken])
  expect(answer.accessToken?.payload).toMatchObject({ token_use: 'access', username: 'alice' })
  expect(answer.serverTimeMs).toBe(Date.now())
  expect(JSON.stringify(answer)).not.toContain(tokens.refreshToken)
  expect(response.headers.get('cache-control')).toBe('private, no-store')
  expect(writtenBy(response).size).toBe(0)
})

test('refreshes what has expired, once for all who ask, and stores it', async () => {
  const app = await setup()
  const browser = signedIn(await app.pool.issue('alice', EXPIRED))
  const { POST } = app.session.tokenRoute()
  const responses = await Promise.all([1, 2, 3].map(() => POST(post(browser.header(), {}))))
  const answers = await Promise.all(responses.map(answerOf))
  const [token] = answers.map(({ accessToken }) => accessToken?.value)
  expect(await app.pool.verify(token)).not.toBeNull()
  for (const [index, answer] of answers.entries()) {
    expect(answer.accessToken?.value).toBe(token)
    expect(responses[index] && writtenBy(responses[index]).get(nameOf('accessToken'))).toBe(token)
  }
  expect(app.refreshes()).toBe(1)
})

describe('a token that will not do', () => {
  test('is replaced', async () => {
    const app = await setup()
    const tokens = await app.pool.issue()
    const { POST } = app.session.tokenRoute()
    const { accessToken } = await answerOf(await POST(post(cookiesOf(tokens), {})))
    const instead = accessToken?.payload['jti']
    const response = await POST(post(cookiesOf(tokens), { instead }))
    const renewed = (await answerOf(response)).accessToken
    expect(renewed?.value).not.toBe(tokens.accessToken)
    expect(writtenBy(response).get(nameOf('accessToken'))).toBe(renewed?.value)
    // Another tab with the same wish has no need of another refresh.
    const other = await answerOf(await POST(post(cookiesOf(tokens), { instead })))
    expect(other.accessToken?.value).toBe(renewed?.value)
    expect(app.refreshes()).toBe(1)
  })

  test.each([
    ['another one', { instead: 'another' }],
    ['nothing', undefined],
    ['null', null],
    ['what is no JSON', '{'],
    ['what is no object', '"instead"'],
  ])('is not meant by %s', async (_, body) => {
    const app = await setup()
    const tokens = await app.pool.issue()
    const answer = await answerOf(await app.session.tokenRoute().POST(post(cookiesOf(tokens), body)))
    expect(answer.accessToken?.value).toBe(tokens.accessToken)
    expect(app.refreshes()).toBe(0)
  })
})

test('a token without a jti will do', async () => {
  const app = await setup()
  const { refreshToken } = await app.pool.issue()
  const accessToken = unsigned({ exp: Date.now() / 1_000 + 3_600 })
  const response = await app.session.tokenRoute().POST(post(cookiesOf({ accessToken, refreshToken }), {}))
  expect((await answerOf(response)).accessToken?.value).toBe(accessToken)
  expect(app.refreshes()).toBe(0)
})

test('nobody is an answer, too', async () => {
  const app = await setup()
  const response = await app.session.tokenRoute().POST(post('theme=dark', {}))
  expect(response.status).toBe(200)
  expect(await answerOf(response)).toMatchObject({
    accessToken: null,
    serverTimeMs: expect.any(Number) as number,
  })
})

test('a rejected grant is 401, and removes the cookies', async () => {
  const app = await setup()
  const tokens = await app.pool.issue('alice', EXPIRED)
  app.pool.revokeRefreshTokens()
  const response = await app.session.tokenRoute().POST(post(cookiesOf(tokens), {}))
  expect(response.status).toBe(401)
  expect(await response.json()).toEqual({ code: 'sessionExpired' })
  expect(writtenBy(response).get(LAST_AUTH_USER)).toBeNull()
})

test.each([
  ['networkError', 'offline'],
  ['throttled', 'throttled'],
  ['serviceError', 'serviceError'],
] as const)('%s is 503, and removes nothing', async (fault, code) => {
  const app = await setup()
  const tokens = await app.pool.issue('alice', EXPIRED)
  app.pool.fail(fault)
  const response = await app.session.tokenRoute().POST(post(cookiesOf(tokens), {}))
  expect(response.status).toBe(503)
  expect(await response.json()).toEqual({ code })
  expect(writtenBy(response).has(nameOf('refreshToken'))).toBe(false)
  expect(response.headers.get('cache-control')).toBe('private, no-store')
})

test('what nobody foresaw is not taken for the end of a session', async () => {
  const app = await setup()
  const request = post('', {})
  const unforeseen = new Error('unforeseen')
  jest.spyOn(request.headers, 'get').mockImplementation((name) => {
    if (name === 'cookie') throw unforeseen
    return 'same-origin'
  })
  await expect(app.session.tokenRoute().DELETE(request)).rejects.toBe(unforeseen)
})

test('DELETE signs out', async () => {
  const app = await setup()
  const tokens = await app.pool.issue()
  const browser = signedIn(tokens)
  const request = new Request(`${ORIGIN}/api/token`, {
    method: 'DELETE',
    headers: { cookie: browser.header(), ...SAME_ORIGIN },
  })
  const response = await app.session.tokenRoute().DELETE(request)
  expect(response.status).toBe(204)
  browser.store(response.headers.getSetCookie(), '/api/token')
  expect([...valuesIn(browser.header()).keys()]).toEqual(['amplify-bearer.testclient.signedOut'])
  expect(await app.pool.verify(tokens.accessToken)).toBeNull()
})

describe('a sign-out', () => {
  const remove = (cookie: string, body: object) =>
    new Request(`${ORIGIN}/api/token`, {
      method: 'DELETE',
      headers: { cookie, ...SAME_ORIGIN },
      body: JSON.stringify(body),
    })

  test.each([
    [true, 1],
    ['false', 0],
    [1, 0],
  ])('of all sessions has to be asked for in so many words: %j', async (global, times) => {
    const app = await setup()
    const { DELETE } = app.session.tokenRoute()
    expect((await DELETE(remove(cookiesOf(await app.pool.issue()), { global }))).status).toBe(204)
    expect(app.pool.callCount('GlobalSignOut')).toBe(times)
  })
})

describe('a request of', () => {
  test.each<[string, Record<string, string>, boolean]>([
    ['this origin', SAME_ORIGIN, true],
    ['a sister domain', { 'sec-fetch-site': 'same-site' }, false],
    ['another site', { 'sec-fetch-site': 'cross-site' }, false],
    ['the address bar', { 'sec-fetch-site': 'none' }, false],
    [
      'another site that claims an origin',
      { 'sec-fetch-site': 'cross-site', origin: ORIGIN, host: 'app.example.com' },
      false,
    ],
    ['this origin, by an older browser', { origin: ORIGIN, host: 'app.example.com' }, true],
    [
      'this origin, behind a load balancer',
      { origin: ORIGIN, host: 'internal:3000', 'x-forwarded-host': 'app.example.com' },
      true,
    ],
    [
      'this origin, behind two',
      { origin: ORIGIN, host: 'internal:3000', 'x-forwarded-host': 'app.example.com, inner.example.net' },
      true,
    ],
    [
      'another origin, by an older browser',
      { origin: 'https://evil.example', host: 'app.example.com' },
      false,
    ],
    ['another port', { origin: `${ORIGIN}:444`, host: 'app.example.com' }, false],
    ['an opaque origin', { origin: 'null', host: 'app.example.com' }, false],
    ['nobody in particular', { host: 'app.example.com' }, false],
  ])('%s', async (_, headers, isAllowed) => {
    const app = await setup()
    const tokens = await app.pool.issue()
    const { POST, DELETE } = app.session.tokenRoute()
    const response = await POST(post(cookiesOf(tokens), {}, headers))
    expect(response.status).toBe(isAllowed ? 200 : 403)
    expect((await response.text()).includes(tokens.accessToken)).toBe(isAllowed)
    const request = new Request(ORIGIN, {
      method: 'DELETE',
      headers: { cookie: cookiesOf(tokens), ...headers },
    })
    const deleted = await DELETE(request)
    expect(deleted.status).toBe(isAllowed ? 204 : 403)
    expect(deleted.headers.getSetCookie().length > 0).toBe(isAllowed)
    for (const each of [response, deleted])
      expect(each.headers.get('cache-control')).toBe('private, no-store')
    expect(app.pool.callCount('RevokeToken')).toBe(isAllowed ? 1 : 0)
  })
})
