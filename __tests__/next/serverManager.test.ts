import { NextResponse } from 'next/server.js'
import { RequestCookies } from 'next/dist/server/web/spec-extension/cookies.js'
import {
  MutableRequestCookiesAdapter,
  RequestCookiesAdapter,
  responseCookiesToRequestCookies,
} from 'next/dist/server/web/spec-extension/adapters/request-cookies.js'
import type { ServerContext } from '../../src/next/index.js'
import {
  cookiesOf,
  freezeDate,
  HOUR_MS,
  LAST_AUTH_USER,
  nameOf,
  openBrowser,
  passMs,
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
const DUE = { issuedAgoMs: HOUR_MS - 60_000 }

/** What Next's `cookies()` is in a Server Component. */
function component(header: string) {
  const store = RequestCookiesAdapter.seal(new RequestCookies(new Headers({ cookie: header })))
  return { cookies: () => Promise.resolve(store) }
}

/** What it is in a Route Handler or a Server Action; `sent` is what goes to the browser. */
function action(header: string) {
  let sent: string[] = []
  const store = MutableRequestCookiesAdapter.wrap(
    new RequestCookies(new Headers({ cookie: header })),
    (lines) => (sent = lines),
  )
  return {
    cookies: () => Promise.resolve(store),
    sent: () => sent,
    /** What a page that is rendered in the same request sees. */
    rerender: () => {
      const seen = RequestCookiesAdapter.seal(responseCookiesToRequestCookies(store))
      return { cookies: () => Promise.resolve(seen) }
    },
  }
}

/** What a Route Handler gets and answers with. */
function route(header: string) {
  const response = new Response()
  return { request: request(header), response }
}

/** Whether cookies can be written at all is found out with one that no browser has. */
function withoutProbe(written: Map<string, string | null>) {
  written.delete('amplify-bearer.testclient.failed')
  return written
}

const contexts: [
  string,
  (header: string) => ServerContext & { written: () => Map<string, string | null> },
][] = [
  [
    'tokens({ request, response })',
    (header) => {
      const context = route(header)
      return { ...context, written: () => withoutProbe(writtenBy(context.response)) }
    },
  ],
  [
    'tokens({ cookies })',
    (header) => {
      const context = action(header)
      const headers = () => new Headers(context.sent().map((line): [string, string] => ['set-cookie', line]))
      return { ...context, written: () => withoutProbe(writtenBy({ headers: headers() })) }
    },
  ],
]

describe.each(contexts)('%s', (_name, create) => {
  test('gives a good token, and writes nothing', async () => {
    const app = await setup()
    const tokens = await app.pool.issue()
    const context = create(cookiesOf(tokens))
    expect(await app.session.tokens(context).getToken()).toBe(tokens.accessToken)
    expect(context.written().size).toBe(0)
    expect(app.refreshes()).toBe(0)
  })

  test.each([
    ['expired', EXPIRED],
    ['due', DUE],
  ])('refreshes one that is %s, and writes the new tokens', async (_, age) => {
    const app = await setup()
    const tokens = await app.pool.issue('alice', age)
    const context = create(`theme=dark; ${cookiesOf(tokens)}`)
    const token = await app.session.tokens(context).getToken()
    expect(await app.pool.verify(token)).not.toBeNull()
    expect(token).not.toBe(tokens.accessToken)
    const written = context.written()
    expect(written.get(nameOf('accessToken'))).toBe(token)
    expect(written.get(nameOf('refreshToken'))).toMatch(/^refresh-/)
    expect(written.has(LAST_AUTH_USER)).toBe(false)
    expect(app.refreshes()).toBe(1)
  })

  test('gives the ID token where that is sent', async () => {
    const app = await setup({}, { tokenUse: 'id' })
    const tokens = await app.pool.issue()
    expect(await app.session.tokens(create(cookiesOf(tokens))).getToken()).toBe(tokens.idToken)
  })

  test('a token that an API has refused is replaced, once for all that ask', async () => {
    const app = await setup()
    const tokens = await app.pool.issue()
    const context = create(cookiesOf(tokens))
    const manager = app.session.tokens(context)
    const rejectedToken = await manager.getToken()
    const renewed = await Promise.all(
      [1, 2, 3].map(() => manager.getToken({ rejectedToken: rejectedToken ?? '' })),
    )
    expect(new Set(renewed).size).toBe(1)
    expect(renewed[0]).not.toBe(rejectedToken)
    expect(context.written().get(nameOf('accessToken'))).toBe(renewed[0])
    const elsewhere = app.session.tokens(create(cookiesOf(tokens)))
    expect(await elsewhere.getToken()).toBe(renewed[0])
    expect(app.refreshes()).toBe(1)
  })

  test('a second one that is refused is replaced as well', async () => {
    const app = await setup()
    const tokens = await app.pool.issue()
    const context = create(cookiesOf(tokens))
    const manager = app.session.tokens(context)
    const second = await manager.getToken({ rejectedToken: tokens.accessToken })
    const third = await manager.getToken({ rejectedToken: String(second) })
    expect(new Set([tokens.accessToken, second, third]).size).toBe(3)
    expect(await app.pool.verify(third)).not.toBeNull()
    expect(context.written().get(nameOf('accessToken'))).toBe(third)
    expect(app.refreshes()).toBe(2)
  })

  test('newer tokens that this process knows already are as good as a refresh', async () => {
    const app = await setup()
    const header = cookiesOf(await app.pool.issue())
    const first = await app.session.tokens(create(header)).getToken({ forceRefresh: true })
    const context = create(header)
    expect(await app.session.tokens(context).getToken({ forceRefresh: true })).toBe(first)
    expect(context.written().get(nameOf('accessToken'))).toBe(first)
    expect(app.refreshes()).toBe(1)
  })

  test('nobody has no token', async () => {
    const app = await setup()
    const context = create('theme=dark')
    expect(await app.session.tokens(context).getToken()).toBeNull()
    expect(context.written().size).toBe(0)
  })

  test('a rejected grant removes the cookies', async () => {
    const app = await setup()
    const tokens = await app.pool.issue('alice', EXPIRED)
    app.pool.revokeRefreshTokens()
    const context = create(cookiesOf(tokens))
    await expect(app.session.tokens(context).getToken()).rejects.toMatchObject({ code: 'sessionExpired' })
    expect(context.written().get(LAST_AUTH_USER)).toBeNull()
    expect(context.written().get(nameOf('refreshToken'))).toBeNull()
  })

  test('a failure that passes removes nothing', async () => {
    const app = await setup()
    const tokens = await app.pool.issue('alice', EXPIRED)
    app.pool.fail('networkError')
    const context = create(cookiesOf(tokens))
    const failure = { code: 'offline', retryable: true }
    await expect(app.session.tokens(context).getToken()).rejects.toMatchObject(failure)
    expect(context.written().size).toBe(0)
  })

  test('a session that has lost its access token is refreshed', async () => {
    const app = await setup()
    const { refreshToken } = await app.pool.issue()
    const token = await app.session.tokens(create(cookiesOf({ refreshToken }))).getToken()
    expect(await app.pool.verify(token)).not.toBeNull()
  })

  test('signs out', async () => {
    const app = await setup()
    const context = create(cookiesOf(await app.pool.issue()))
    const manager = app.session.tokens(context)
    await manager.getToken()
    await manager.signOut()
    expect(await manager.getToken()).toBeNull()
    expect(context.written().get(LAST_AUTH_USER)).toBeNull()
    expect(context.written().get('amplify-bearer.testclient.signedOut')).toMatch(/^[\da-f-]{36}$/)
    expect(app.pool.callCount('RevokeToken')).toBe(1)
  })
})

test('a token manager leaves no listener behind, where a server has events as Edge does', async () => {
  const addEventListener = jest.fn()
  Object.defineProperty(globalThis, 'addEventListener', { value: addEventListener, configurable: true })
  const app = await setup()
  const header = cookiesOf(await app.pool.issue())
  await app.session.tokens(route(header)).getToken()
  await app.session.readOnlyTokens(action(header)).getToken()
  Reflect.deleteProperty(globalThis, 'addEventListener')
  expect(addEventListener).not.toHaveBeenCalled()
})

test('a token manager takes no lock, where a server has some: its users would wait for each other', async () => {
  const request = jest.fn((_name: string, _options: object, task: () => unknown) => Promise.resolve(task()))
  const { navigator } = globalThis
  const put = (name: string, value: unknown) =>
    Object.defineProperty(globalThis, name, { value, configurable: true })
  put('location', {})
  put('navigator', { locks: { request } })
  const app = await setup()
  const manager = app.session.tokens(route(cookiesOf(await app.pool.issue())))
  const token = await manager.getToken({ forceRefresh: true })
  await manager.signOut()
  Reflect.deleteProperty(globalThis, 'location')
  put('navigator', navigator)
  expect(token).not.toBeNull()
  expect(request).not.toHaveBeenCalled()
})

describe('a page that is rendered with a Server Action', () => {
  test('sees the refreshed tokens', async () => {
    const app = await setup()
    const context = action(cookiesOf(await app.pool.issue('alice', EXPIRED)))
    const token = await app.session.tokens(context).getToken()
    expect(await app.session.readOnlyTokens(context.rerender()).getToken()).toBe(token)
  })

  test('sees nobody after a sign-out', async () => {
    const app = await setup()
    const context = action(cookiesOf(await app.pool.issue()))
    await app.session.signOut(context)
    expect(await app.session.readOnlyTokens(context.rerender()).getToken()).toBeNull()
  })
})

test('names of users that have to be encoded survive Next’s own store', async () => {
  const username = 'bob(x)@日本'
  const app = await setup({ users: [{ username, password: 'password' }] })
  const browser = signedIn(await app.pool.issue(username, EXPIRED), username)
  const context = action(browser.header())
  const token = await app.session.tokens(context).getToken()
  browser.store(context.sent())
  expect(tokensIn(browser.header(), username).accessToken).toBe(token)
  expect(browser.header().split('; ')).toHaveLength(4)
})

describe('readOnlyTokens', () => {
  const read = (app: App, header: string) => app.session.readOnlyTokens(component(header))

  test.each([
    ['good', {}],
    ['merely due', DUE],
  ])('gives a token that is %s, without asking the pool', async (_, age) => {
    const app = await setup()
    const tokens = await app.pool.issue('alice', age)
    expect(await read(app, cookiesOf(tokens)).getToken()).toBe(tokens.accessToken)
    expect(app.pool.callCount()).toBe(0)
  })

  test.each([
    ['has expired', 'readOnly', async (app: App) => cookiesOf(await app.pool.issue('alice', EXPIRED))],
    ['is missing', 'readOnly', () => Promise.resolve(`${LAST_AUTH_USER}=alice`)],
  ])('rejects when the token %s', async (_, code, cookies) => {
    const app = await setup()
    const header = await cookies(app)
    await expect(read(app, header).getToken()).rejects.toMatchObject({ code, retryable: false })
    expect(app.pool.callCount()).toBe(0)
  })

  test('rejects when it is the ID token that is wanted and missing: there is a user', async () => {
    const app = await setup({}, { tokenUse: 'id' })
    const { accessToken, refreshToken } = await app.pool.issue()
    const page = read(app, cookiesOf({ accessToken, refreshToken }))
    await expect(page.getToken()).rejects.toMatchObject({ code: 'readOnly' })
  })

  test('rejects where a better one is asked for', async () => {
    const app = await setup()
    const header = cookiesOf(await app.pool.issue())
    await expect(read(app, header).getToken({ forceRefresh: true })).rejects.toMatchObject({
      code: 'readOnly',
    })
    expect(app.pool.callCount()).toBe(0)
  })

  test('gives what has been refreshed elsewhere in this process', async () => {
    const app = await setup()
    const header = cookiesOf(await app.pool.issue('alice', EXPIRED))
    const { headers } = await app.session.updateSession(request(header))
    expect(await read(app, header).getToken()).toBe(tokensIn(headers.get('cookie')).accessToken)
  })

  test('in the request that has refreshed: the browser, which may never get the answer, still has not shown the tokens', async () => {
    freezeDate()
    const app = await setup()
    const header = cookiesOf(await app.pool.issue('alice', EXPIRED))
    const { headers } = await app.session.updateSession(request(header))
    await read(app, headers.get('cookie') ?? '').getToken()
    await app.session.tokens(route(headers.get('cookie') ?? '')).getToken()
    passMs(HOUR_MS / 2)
    expect((await app.session.updateSession(request(header))).state).toBe('signedIn')
    expect(app.refreshes()).toBe(1)
  })

  test('sees nobody in a request that was under way when its user signed out', async () => {
    const app = await setup()
    const header = cookiesOf(await app.pool.issue())
    await app.session.signOut(route(header))
    expect(await read(app, header).getToken()).toBeNull()
  })

  test('sees nobody', async () => {
    const app = await setup()
    expect(await read(app, 'theme=dark').getToken()).toBeNull()
    expect(await read(app, 'theme=dark').getTokens()).toBeNull()
  })
})

describe('after a proxy that could not refresh', () => {
  async function failedProxy() {
    const app = await setup()
    const header = cookiesOf(await app.pool.issue('alice', EXPIRED))
    app.pool.fail('throttled')
    const { headers } = await app.session.updateSession(request(header))
    app.pool.heal()
    return { app, calls: app.pool.callCount(), header: headers.get('cookie') ?? '' }
  }

  test('a Server Component learns why', async () => {
    const { app, calls, header } = await failedProxy()
    const page = app.session.readOnlyTokens(component(header))
    await expect(page.getToken()).rejects.toMatchObject({ code: 'throttled', retryable: true })
    expect(app.pool.callCount()).toBe(calls)
  })

  test.each(['offline', 'throttled', 'serviceError', 'refreshTimeout'])(
    'a Server Component is told of %s as the proxy was',
    async (code) => {
      const app = await setup()
      const { accessToken } = await app.pool.issue('alice', EXPIRED)
      const header = `${cookiesOf({ accessToken })}; amplify-bearer.testclient.failed=${code}`
      const page = app.session.readOnlyTokens(component(header))
      await expect(page.getToken()).rejects.toMatchObject({ code, retryable: true })
    },
  )

  test.each(contexts)('%s does not try again, and removes nothing', async (_, create) => {
    const { app, calls, header } = await failedProxy()
    const context = create(header)
    await expect(app.session.tokens(context).getToken()).rejects.toMatchObject({ code: 'throttled' })
    expect(context.written().size).toBe(0)
    expect(app.pool.callCount()).toBe(calls)
  })

  test('which is over as soon as there is a refresh token again', async () => {
    const app = await setup()
    const header = cookiesOf(await app.pool.issue('alice', EXPIRED))
    const context = route(`${header}; amplify-bearer.testclient.failed=offline`)
    const token = await app.session.tokens(context).getToken()
    expect(await app.pool.verify(token)).not.toBeNull()
  })

  test('a token that is merely due still does', async () => {
    const app = await setup()
    const tokens = await app.pool.issue('alice', DUE)
    app.pool.fail('networkError')
    const { headers } = await app.session.updateSession(request(cookiesOf(tokens)))
    const context = route(headers.get('cookie') ?? '')
    expect(await app.session.tokens(context).getToken()).toBe(tokens.accessToken)
    expect(withoutProbe(writtenBy(context.response)).size).toBe(0)
  })
})

describe('tokens() where cookies cannot be written', () => {
  test('refreshes nothing: what it brings would be lost', async () => {
    const app = await setup()
    const header = cookiesOf(await app.pool.issue('alice', EXPIRED))
    await expect(app.session.tokens(component(header)).getToken()).rejects.toMatchObject({ code: 'readOnly' })
    expect(app.pool.callCount()).toBe(0)
  })

  test('gives a token that is good', async () => {
    const app = await setup()
    const tokens = await app.pool.issue()
    expect(await app.session.tokens(component(cookiesOf(tokens))).getToken()).toBe(tokens.accessToken)
  })
})

test('a refresh that is asked for is made, though an older one is known whose answer got lost', async () => {
  freezeDate()
  const app = await setup()
  const header = cookiesOf(await app.pool.issue('alice', EXPIRED))
  await app.session.updateSession(request(header))
  passMs(2 * HOUR_MS)
  const token = await app.session.tokens(route(header)).getToken({ forceRefresh: true })
  expect(await app.pool.verify(token)).not.toBeNull()
  expect(app.refreshes()).toBe(2)
})

test('a sign-out in a Server Component, which can remove no cookie, ends nothing', async () => {
  const app = await setup()
  const tokens = await app.pool.issue()
  const header = cookiesOf(tokens)
  const wrong = app.session.signOut(component(header))
  await expect(wrong).rejects.toThrow('Cookies can only be modified in a Server Action or Route Handler')
  expect(await app.pool.verify(tokens.accessToken)).not.toBeNull()
  expect(await app.session.readOnlyTokens(component(header)).getToken()).toBe(tokens.accessToken)
})

describe('what Next throws at cookies()', () => {
  const interruption = Object.assign(new Error('dynamic'), { digest: 'DYNAMIC_SERVER_USAGE' })

  test('goes through untouched, at once', async () => {
    const app = await setup()
    const cookies = () => {
      throw interruption
    }
    expect(() => app.session.tokens({ cookies })).toThrow(interruption)
    expect(() => app.session.readOnlyTokens({ cookies })).toThrow(interruption)
    await expect(Promise.resolve().then(() => app.session.signOut({ cookies }))).rejects.toBe(interruption)
  })

  test('and what it rejects with as well', async () => {
    const app = await setup()
    const cookies = () => Promise.reject(interruption)
    await expect(app.session.readOnlyTokens({ cookies }).getToken()).rejects.toBe(interruption)
    await expect(app.session.tokens({ cookies }).getTokens()).rejects.toBe(interruption)
    // Of a manager that nobody has used nobody hears: Node would end the process.
    const unhandled = jest.fn()
    process.on('unhandledRejection', unhandled)
    app.session.readOnlyTokens({ cookies })
    for (let times = 0; times < 3; times++) await new Promise(setImmediate)
    process.off('unhandledRejection', unhandled)
    expect(unhandled).not.toHaveBeenCalled()
  })
})

test.each(contexts)(
  '%s: tokens too large for a browser are not stored at all, which onError hears',
  async (_, create) => {
    const errors: string[] = []
    const groups = Array.from({ length: 200 }, (_, index) => `group-${index}-${'x'.repeat(20)}`)
    const app = await setup(
      { users: [{ username: 'alice', password: 'wonderland', groups }] },
      { onError: ({ message }) => errors.push(message) },
    )
    const tokens = await app.pool.issue('alice', EXPIRED)
    const context = create(cookiesOf(tokens))
    const token = await app.session.tokens(context).getToken()
    expect(await app.pool.verify(token)).not.toBeNull()
    expect(context.written().size).toBe(0)
    const update = await app.session.updateSession(request(cookiesOf(tokens)))
    expect(writtenBy(update.applyTo(NextResponse.next())).size).toBe(0)
    expect(errors).toEqual([expect.stringMatching(/^amplify-bearer: accessToken is a cookie of \d+ bytes/)])
    expect(errors.join()).not.toContain(token)
  },
)

test('a domain of their own: the host’s copy is removed with every write', async () => {
  freezeDate()
  const app = await setup({}, { cookies: { domain: 'example.com', httpOnly: true, sameSite: 'strict' } })
  const browser = signedIn(await app.pool.issue('alice', EXPIRED))
  const context = route(browser.header())
  const token = await app.session.tokens(context).getToken()
  browser.store(context.response.headers.getSetCookie())
  expect(browser.header().split('; ')).toHaveLength(4)
  expect(tokensIn(browser.header()).accessToken).toBe(token)
  const line = context.response.headers.getSetCookie().find((set) => set.includes(String(token)))
  expect(line).toContain('; Path=/; Domain=example.com; Max-Age=31536000; Secure; HttpOnly; SameSite=strict')
  const other = openBrowser('https://other.example.com')
  other.store(context.response.headers.getSetCookie())
  expect(tokensIn(other.header()).accessToken).toBe(token)
  passMs(1)
  expect(valuesIn(browser.header()).size).toBe(4)
})
