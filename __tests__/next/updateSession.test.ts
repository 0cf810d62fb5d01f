import { NextFetchEvent } from 'next/dist/server/web/spec-extension/fetch-event.js'
import { NextRequest, NextResponse } from 'next/server.js'
import type { SessionUpdate } from '../../src/next/index.js'
import {
  CLIENT,
  cookiesOf,
  forwarded,
  HOUR_MS,
  LAST_AUTH_USER,
  nameOf,
  openBrowser,
  ORIGIN,
  request,
  setupApp,
  signedIn,
  tokensIn,
  valuesIn,
  writtenBy,
  type App,
} from './app.js'

const setup = setupApp()
const EXPIRED = { issuedAgoMs: HOUR_MS }
const TOKENS = ['accessToken', 'idToken', 'refreshToken']
const FOREIGN = 'theme=dark; flag; =odd; quoted="a b"; broken=%E0%A4%A'

/** A session that has just been refreshed, and one that did not have to be. */
async function due(app: App) {
  const tokens = await app.pool.issue('alice', EXPIRED)
  const given = request(`${FOREIGN}; ${cookiesOf(tokens)}`, '/a/b', { 'x-forwarded-for': '192.0.2.1' })
  return { tokens, given, update: await app.session.updateSession(given) }
}
async function good(app: App) {
  const tokens = await app.pool.issue()
  return { tokens, update: await app.session.updateSession(request(`${FOREIGN}; ${cookiesOf(tokens)}`)) }
}

/** The headers that the rest of the request gets, as Next reads them from its proxy's response; `null`: unchanged. */
function onward(response: Response): Headers | null {
  const names = response.headers.get('x-middleware-override-headers')?.split(',')
  if (!names) return null
  return new Headers(
    names.flatMap((name) => {
      const value = response.headers.get(`x-middleware-request-${name}`)
      return value === null ? [] : [[name, value] as [string, string]]
    }),
  )
}

describe('the rest of the request', () => {
  test('gets the new tokens, and all other cookies as they were, byte for byte', async () => {
    const app = await setup()
    const { tokens, update } = await due(app)
    const cookie = update.headers.get('cookie') ?? ''
    expect(cookie.startsWith(`${FOREIGN}; `)).toBe(true)
    expect(await app.pool.verify(tokensIn(cookie).accessToken)).not.toBeNull()
    expect(tokensIn(cookie).refreshToken).not.toBe(tokens.refreshToken)
    const names = [...valuesIn(cookie.slice(FOREIGN.length + 2)).keys()]
    expect(names).toEqual([
      LAST_AUTH_USER,
      ...TOKENS.map((what) => nameOf(what)),
      `amplify-bearer.${CLIENT}.forwarded`,
    ])
    expect(update.headers.get('x-forwarded-for')).toBe('192.0.2.1')
  })

  test('while the request that came in stays what it was', async () => {
    const app = await setup()
    const { tokens, given } = await due(app)
    expect(given.headers.get('cookie')).toBe(`${FOREIGN}; ${cookiesOf(tokens)}`)
    expect(given.cookies.get(nameOf('accessToken'))?.value).toBe(tokens.accessToken)
  })

  test('learns of a failure in place of the refresh token, or it would try again', async () => {
    const app = await setup()
    const tokens = await app.pool.issue('alice', EXPIRED)
    app.pool.fail('networkError')
    const update = await app.session.updateSession(request(cookiesOf(tokens)))
    const values = valuesIn(update.headers.get('cookie'))
    expect(values.has(nameOf('refreshToken'))).toBe(false)
    expect(values.get('amplify-bearer.testclient.failed')).toBe('offline')
    expect(writtenBy(update.applyTo(NextResponse.next())).size).toBe(0)
    expect(update.applyTo(NextResponse.next()).headers.get('cache-control')).toBeNull()
  })

  test('gets no cookie header at all where nothing is left', async () => {
    const app = await setup()
    const tokens = await app.pool.issue('alice', EXPIRED)
    app.pool.revokeRefreshTokens()
    const update = await app.session.updateSession(request(cookiesOf(tokens)))
    expect(update.headers.has('cookie')).toBe(false)
    expect(onward(update.applyTo(NextResponse.next()))?.has('cookie')).toBe(false)
  })
})

describe('of a response that is', () => {
  const rest = (response: Response) => tokensIn(onward(response)?.get('cookie') ?? null)

  test.each([
    ['next()', () => NextResponse.next()],
    ['a rewrite', () => NextResponse.rewrite(`${ORIGIN}/other`)],
  ])('%s, the browser and the rest of the request get the tokens', async (_, create) => {
    const app = await setup()
    const { update } = await due(app)
    const given = create()
    const response = update.applyTo(given)
    expect(rest(response)).toEqual(forwarded(update))
    expect(onward(response)?.get('x-forwarded-for')).toBe('192.0.2.1')
    expect(writtenBy(response)).toEqual(
      new Map(Object.entries(forwarded(update)).map(([what, value]) => [nameOf(what), value])),
    )
    expect(response.headers.get('cache-control')).toBe('private, no-store')
    for (const [name, value] of given.headers) expect(response.headers.get(name)).toBe(value)
    expect(response.headers.has('x-middleware-next')).toBe(given.headers.has('x-middleware-next'))
    expect(given.headers.getSetCookie()).toEqual([])
  })

  test.each<[string, () => Response]>([
    ['a redirect', () => NextResponse.redirect(`${ORIGIN}/login`)],
    ['a redirect whose headers cannot be changed', () => Response.redirect(`${ORIGIN}/login`, 303)],
    ['JSON', () => NextResponse.json({ made: 'by the app' }, { status: 201, statusText: 'Made' })],
    ['a plain one', () => new Response('text', { status: 418, headers: { 'x-app': 'yes' } })],
    ['one without a body', () => new Response(null, { status: 204 })],
  ])('%s, the browser gets the tokens, and what it was is kept', async (_, create) => {
    const app = await setup()
    const { update } = await due(app)
    const response = update.applyTo(create())
    const expected = create()
    expect([response.status, response.statusText]).toEqual([expected.status, expected.statusText])
    expect(await response.text()).toBe(await expected.text())
    for (const [name, value] of expected.headers) expect(response.headers.get(name)).toBe(value)
    expect(writtenBy(response).get(nameOf('accessToken'))).toBe(forwarded(update).accessToken)
    expect(response.headers.get('cache-control')).toBe('private, no-store')
    expect(onward(response)).toBeNull()
  })

  test('one whose caching the application has allowed, nobody else gets the tokens', async () => {
    const app = await setup()
    const { update } = await due(app)
    const given = NextResponse.next({ headers: { 'cache-control': 's-maxage=31536000' } })
    expect(update.applyTo(given).headers.get('cache-control')).toBe('private, no-store')
  })

  test('a session that is good, nothing is changed: it is the same response', async () => {
    const app = await setup()
    const { update } = await good(app)
    expect(update.state).toBe('signedIn')
    const given = NextResponse.next({ headers: { 'cache-control': 's-maxage=60' } })
    const before = [...given.headers]
    const response = update.applyTo(given)
    expect(response === given).toBe(true)
    expect([...response.headers]).toEqual(before)
    expect(app.refreshes()).toBe(0)
  })

  test('a plain response for a session that is good, too', async () => {
    const app = await setup()
    const { update } = await good(app)
    const response = update.applyTo(Response.json({ made: 'by the app' }, { status: 202 }))
    expect(response.status).toBe(202)
    expect(response.headers.getSetCookie()).toEqual([])
    expect(await response.json()).toEqual({ made: 'by the app' })
  })
})

describe('what the application does itself:', () => {
  test('request headers that it overrides stay, with the tokens among its cookies', async () => {
    const app = await setup()
    const { update, given } = await due(app)
    const headers = new Headers(given.headers)
    headers.set('x-app', 'yes')
    headers.set('cookie', `${String(headers.get('cookie'))}; own=1`)
    const sent = onward(update.applyTo(NextResponse.next({ request: { headers } })))
    expect(sent?.get('x-app')).toBe('yes')
    expect(tokensIn(sent?.get('cookie') ?? null)).toEqual(forwarded(update))
    expect(sent?.get('cookie')).toContain('own=1')
    expect(sent?.get('cookie')?.startsWith(FOREIGN)).toBe(true)
  })

  test('it may start from the headers of the update', async () => {
    const app = await setup()
    const { update } = await due(app)
    const headers = new Headers(update.headers)
    headers.set('x-app', 'yes')
    const sent = onward(update.applyTo(NextResponse.next({ request: { headers } })))
    expect(sent?.get('x-app')).toBe('yes')
    expect(tokensIn(sent?.get('cookie') ?? null)).toEqual(forwarded(update))
    expect(sent?.get('cookie')).toBe(update.headers.get('cookie'))
  })

  test('where it forwards no cookies, none are added', async () => {
    const app = await setup()
    const { update } = await due(app)
    const headers = new Headers({ 'x-app': 'yes' })
    const response = update.applyTo(NextResponse.next({ request: { headers } }))
    expect([...(onward(response) ?? [])]).toEqual([['x-app', 'yes']])
    expect(response.headers.has('x-middleware-request-cookie')).toBe(false)
    expect(writtenBy(response).size).toBe(3)
  })

  test('cookies that it has set before, and sets afterwards, join those of the session', async () => {
    const app = await setup()
    const { update } = await due(app)
    const given = NextResponse.next()
    given.cookies.set('before', '1')
    given.headers.append('set-cookie', 'raw=2; Path=/')
    const response = update.applyTo(given)
    response.cookies.set('after', '3')
    const browser = openBrowser()
    browser.store(response.headers.getSetCookie())
    const values = valuesIn(browser.header())
    expect([values.get('before'), values.get('raw'), values.get('after')]).toEqual(['1', '2', '3'])
    expect(tokensIn(browser.header())).toEqual(forwarded(update))
  })

  test('a cookie that it sets afterwards keeps none of an ended session', async () => {
    const app = await setup()
    const tokens = await app.pool.issue('alice', EXPIRED)
    app.pool.revokeRefreshTokens()
    const browser = signedIn(tokens)
    const update = await app.session.updateSession(browser.request())
    const response = update.applyTo(NextResponse.redirect(`${ORIGIN}/login`))
    response.cookies.set('theme', 'dark')
    browser.store(response.headers.getSetCookie())
    expect(browser.header()).toBe('theme=dark')
  })
})

describe('duplicates', () => {
  /** As an older version of the application, or the adapter without a domain, left them. */
  async function withDuplicates(app: App) {
    const old = await app.pool.issue('alice', { issuedAgoMs: 2 * HOUR_MS })
    const tokens = await app.pool.issue()
    const browser = signedIn(tokens)
    for (const [what, value] of Object.entries(old)) {
      browser.store([`${nameOf(what)}=${value}; Path=/; Domain=example.com; Secure`], '/a/b')
      browser.store([`${nameOf(what)}=${value}; Path=/a; Secure`], '/a/b')
    }
    return { old, tokens, browser }
  }

  test('are resolved in favour of the newest, and removed from the browser', async () => {
    const app = await setup()
    const { tokens, browser } = await withDuplicates(app)
    // Not all removals fit into one response: it begins with the shortest paths.
    jest.spyOn(Math, 'random').mockReturnValue(0)
    const update = await app.session.updateSession(browser.request('/a/b'))
    expect(update.state).toBe('signedIn')
    expect(update.headers.get('cookie')?.split('; ')).toHaveLength(4)
    expect(forwarded(update)).toEqual(tokens)
    browser.store(update.applyTo(NextResponse.next()).headers.getSetCookie(), '/a/b')
    expect(browser.header('/a/b').split('; ')).toHaveLength(4)
    expect(tokensIn(browser.header('/a/b'))).toEqual(tokens)
    expect(app.refreshes()).toBe(0)
  })

  test('are left alone while nothing can be stored', async () => {
    const app = await setup()
    const browser = signedIn(await app.pool.issue('alice', EXPIRED))
    browser.store([`${nameOf('idToken')}=old; Path=/a; Secure`], '/a')
    app.pool.fail('networkError')
    const update = await app.session.updateSession(browser.request('/a'))
    expect(update.error?.code).toBe('offline')
    expect(update.applyTo(NextResponse.next()).headers.getSetCookie()).toEqual([])
  })
})

describe('nobody', () => {
  test.each([
    ['no cookies', ''],
    ['somebody else’s cookies', FOREIGN],
    ['another client’s cookies', `CognitoIdentityServiceProvider.other.LastAuthUser=alice`],
  ])('is signed in with %s', async (_, cookie) => {
    const app = await setup()
    const update = await app.session.updateSession(request(cookie))
    expect([update.state, update.error]).toEqual(['signedOut', undefined])
    const given = NextResponse.next()
    expect(update.applyTo(given) === given).toBe(true)
    expect(update.headers.get('cookie') ?? '').toBe(cookie)
  })

  test('has tokens without a user, which are removed; what a device is known by stays', async () => {
    const app = await setup()
    const browser = openBrowser()
    const names = ['accessToken', 'idToken', 'refreshToken', 'clockDrift', 'deviceKey'].map((what) =>
      nameOf(what),
    )
    browser.store([...names, 'theme', LAST_AUTH_USER].map((name) => `${name}=; Path=/`))
    const update = await app.session.updateSession(browser.request())
    expect([update.state, update.error]).toEqual(['signedOut', undefined])
    expect([...valuesIn(update.headers.get('cookie') ?? '').keys()]).toEqual([nameOf('deviceKey'), 'theme'])
    browser.store(update.applyTo(NextResponse.next()).headers.getSetCookie())
    expect([...valuesIn(browser.header()).keys()]).toEqual([nameOf('deviceKey'), 'theme'])
  })
})

describe('a proxy', () => {
  /** What Next hands to a proxy beside the request. */
  function event() {
    const waiting: Promise<unknown>[] = []
    const waitUntil = (task: Promise<unknown>) => void waiting.push(task)
    const fetchEvent = new NextFetchEvent({ request: request(''), page: '/', context: { waitUntil } })
    return { waiting, event: fetchEvent }
  }

  test('is one line', async () => {
    const app = await setup()
    const browser = signedIn(await app.pool.issue('alice', EXPIRED))
    const { waiting, event: fetchEvent } = event()
    const response = await app.session.proxy()(browser.request(), fetchEvent)
    browser.store(response.headers.getSetCookie())
    expect(await app.pool.verify(tokensIn(browser.header()).accessToken)).not.toBeNull()
    expect(onward(response)).not.toBeNull()
    // What the platform is to wait for, though the browser may have gone.
    expect(waiting).toHaveLength(1)
  })

  test.each<[string, SessionUpdate['state'], number]>([
    ['who is signed in', 'signedIn', 200],
    ['who is not', 'signedOut', 307],
  ])('decides by %s', async (_, state, status) => {
    const app = await setup()
    const tokens = await app.pool.issue('alice', EXPIRED)
    if (state === 'signedOut') app.pool.revokeRefreshTokens()
    const seen: unknown[] = []
    const proxy = app.session.proxy((incoming, _event, session) => {
      seen.push(incoming instanceof NextRequest, session.state)
      return session.state === 'signedOut' ? NextResponse.redirect(`${ORIGIN}/login`) : undefined
    })
    const response = await proxy(signedIn(tokens).request(), event().event)
    expect(seen).toEqual([true, state])
    expect(response.status).toBe(status)
    expect(response.headers.getSetCookie().length).toBeGreaterThan(0)
  })

  test('in which the application signs out brings back nothing that it has refreshed before', async () => {
    const app = await setup()
    const browser = signedIn(await app.pool.issue('alice', EXPIRED))
    const proxy = app.session.proxy(async (incoming) => {
      const response = NextResponse.redirect(`${ORIGIN}/`)
      await app.session.signOut({ request: incoming, response })
      return response
    })
    browser.store((await proxy(browser.request(), event().event)).headers.getSetCookie())
    expect([...valuesIn(browser.header()).keys()]).toEqual([`amplify-bearer.${CLIENT}.signedOut`])
  })

  test('applied twice is applied once', async () => {
    const app = await setup()
    const { update } = await due(app)
    const once = update.applyTo(NextResponse.next())
    expect([...update.applyTo(once).headers]).toEqual([...once.headers])
  })

  test('lets through what the application throws', async () => {
    const app = await setup()
    const proxy = app.session.proxy(() => {
      throw new Error('of the application')
    })
    await expect(proxy(request(''), event().event)).rejects.toThrow('of the application')
  })
})
