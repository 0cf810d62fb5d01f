import { createTokenManager, guardAmplify } from '../../src/index.js'
import { serverTokenProvider } from '../../src/next/index.js'
import type { IssueOptions } from '../../src/testing/index.js'
import {
  cookiesOf,
  freezeDate,
  HOUR_MS,
  LAST_AUTH_USER,
  ORIGIN,
  passMs,
  setupApp,
  signedIn,
  tokensIn,
} from './app.js'

const setup = setupApp()
const EXPIRED = { issuedAgoMs: HOUR_MS }

afterEach(() => {
  Reflect.deleteProperty(globalThis, 'document')
})

/** A page in which somebody is signed in. What it fetches goes straight to the token route. */
async function openPage(age?: IssueOptions, { httpOnly = false } = {}) {
  const app = await setup()
  const tokens = await app.pool.issue('alice', age)
  const browser = signedIn(tokens)
  if (httpOnly)
    browser.store(
      cookiesOf(tokens)
        .split('; ')
        .map((pair) => `${pair}; Path=/; HttpOnly`),
    )
  Object.defineProperty(globalThis, 'document', { value: browser.document, configurable: true })
  const route: Record<string, (request: Request) => Promise<Response>> = { ...app.session.tokenRoute() }
  const calls: string[] = []
  const onwards = globalThis.fetch
  jest.spyOn(globalThis, 'fetch').mockImplementation(async (input, init = {}) => {
    if (input !== '/api/token') return onwards(input, init)
    const { method = 'GET', body = null } = init
    calls.push(method)
    const headers = { cookie: browser.header(input), 'sec-fetch-site': 'same-origin' }
    const response = await route[method]?.(new Request(`${ORIGIN}${input}`, { method, headers, body }))
    browser.store(response?.headers.getSetCookie() ?? [], input)
    return response ?? Response.error()
  })
  return { ...app, browser, calls, tokens }
}

test('a browser takes its tokens from the server, and asks once', async () => {
  const { calls, tokens } = await openPage()
  const provider = serverTokenProvider()
  const first = await provider.getTokens()
  expect(String(first?.accessToken)).toBe(tokens.accessToken)
  expect(String(first?.idToken)).toBe(tokens.idToken)
  expect(first?.accessToken.payload['username']).toBe('alice')
  expect(await provider.getTokens()).toBe(first)
  expect(calls).toEqual(['POST'])
})

test('a manager gets a good token where the one in the cookies has expired', async () => {
  const { browser, pool, refreshes } = await openPage(EXPIRED)
  const manager = createTokenManager({ tokenProvider: serverTokenProvider() })
  const token = await manager.getToken()
  expect(await pool.verify(token)).not.toBeNull()
  expect(tokensIn(browser.header()).accessToken).toBe(token)
  expect(refreshes()).toBe(1)
  manager.close()
})

test('a token that an API has refused is replaced by the server', async () => {
  const { browser, pool, tokens, refreshes } = await openPage()
  const manager = createTokenManager({ tokenProvider: serverTokenProvider() })
  expect(await manager.getToken()).toBe(tokens.accessToken)
  const renewed = await manager.getToken({ rejectedToken: tokens.accessToken })
  expect(renewed).not.toBe(tokens.accessToken)
  expect(await pool.verify(renewed)).not.toBeNull()
  expect(tokensIn(browser.header()).accessToken).toBe(renewed)
  expect(refreshes()).toBe(1)
  manager.close()
})

test.each([{ issuedAgoMs: 10_000 }, EXPIRED])(
  'the first call may ask for newly issued tokens: one refresh, of %o',
  async (age) => {
    const { tokens, refreshes } = await openPage(age)
    const forced = await serverTokenProvider().getTokens({ forceRefresh: true })
    expect(String(forced?.accessToken)).not.toBe(tokens.accessToken)
    expect(refreshes()).toBe(1)
  },
)

test('signing out everywhere', async () => {
  const { pool, browser } = await openPage()
  const elsewhere = await pool.issue('alice')
  await serverTokenProvider().signOut?.({ global: true })
  expect(browser.document.cookie).not.toContain('Token')
  expect(await pool.verify(elsewhere.accessToken)).toBeNull()
})

test.each(['', 'api/token', '//example.org/api/token', 'https://example.org/api/token'])(
  'a url that is not of the page’s own origin: %o',
  (url) => {
    expect(() => serverTokenProvider(url)).toThrow(
      `amplify-bearer: the url of serverTokenProvider must be a path of the page's own origin such as '/api/token', not "${url}"`,
    )
  },
)

test('a guard with it installs, and what it puts in place is taken away again', () => {
  const manager = createTokenManager({ tokenProvider: serverTokenProvider() })
  expect(guardAmplify(manager)).not.toThrow()
  manager.close()
})

test('on a server it tells what to use instead', async () => {
  Reflect.deleteProperty(globalThis, 'document')
  await expect(serverTokenProvider().getTokens()).rejects.toThrow(
    'amplify-bearer: serverTokenProvider is for browsers, createServerSession for servers',
  )
})

test('two tabs whose token was refused cost one refresh', async () => {
  const { tokens, refreshes } = await openPage()
  const tabs = [serverTokenProvider(), serverTokenProvider()]
  for (const tab of tabs) await tab.getTokens()
  const [one, other] = await Promise.all(tabs.map((tab) => tab.getTokens({ forceRefresh: true })))
  expect(String(one?.accessToken)).not.toBe(tokens.accessToken)
  expect(String(other?.accessToken)).toBe(String(one?.accessToken))
  expect(refreshes()).toBe(1)
})

test('it asks again when the session’s cookies have changed, and only then', async () => {
  const { browser, pool, calls } = await openPage()
  const provider = serverTokenProvider()
  await provider.getTokens()
  document.cookie = 'theme=dark'
  await provider.getTokens()
  expect(calls).toHaveLength(1)
  // Another tab has signed in once more.
  const other = await pool.issue()
  browser.store(cookiesOf(other).split('; '))
  expect(String((await provider.getTokens())?.accessToken)).toBe(other.accessToken)
  expect(calls).toHaveLength(2)
})

/** From here on no script sees them. */
function hideCookies({ browser, tokens }: Awaited<ReturnType<typeof openPage>>): void {
  const hidden = cookiesOf(tokens).split('; ')
  browser.store(hidden.map((pair) => `${pair}; Path=/; Secure; HttpOnly`))
  expect(browser.document.cookie).toBe('')
}

test('who has been signed out in another tab, over cookies that no script sees, is nobody from then on', async () => {
  const page = await openPage()
  hideCookies(page)
  const provider = serverTokenProvider()
  expect(String((await provider.getTokens())?.accessToken)).toBe(page.tokens.accessToken)
  await serverTokenProvider().signOut?.()
  expect(await provider.getTokens({ forceRefresh: true })).toBeNull()
  expect(await provider.getTokens()).toBeNull()
})

test('whose session has ended elsewhere is nobody from then on, though the cookies are still there', async () => {
  const { browser, session, tokens } = await openPage()
  const provider = serverTokenProvider()
  await provider.getTokens()
  await session.signOut({ request: signedIn(tokens).request(), response: new Response() })
  const before = browser.header()
  expect(await provider.getTokens({ forceRefresh: true })).toBeNull()
  expect(browser.header()).toBe(before)
  expect(await provider.getTokens()).toBeNull()
})

describe('while the answer is on its way', () => {
  /** Runs when the server has answered. */
  function meanwhile(happens: () => unknown) {
    const answered = jest.mocked(fetch).getMockImplementation()
    jest.mocked(fetch).mockImplementationOnce(async (...call) => {
      const response = await answered?.(...call)
      await happens()
      return response ?? Response.error()
    })
  }

  test('somebody else signs in, in another tab: the tokens are theirs', async () => {
    const { browser, pool } = await openPage()
    pool.addUser({ username: 'bob', password: 'password' })
    const bob = await pool.issue('bob')
    meanwhile(() => {
      browser.store(cookiesOf(bob, 'bob').split('; '))
    })
    expect(String((await serverTokenProvider().getTokens())?.accessToken)).toBe(bob.accessToken)
  })

  test('the same user signs in again, in another tab: the tokens are the new ones', async () => {
    const { browser, pool } = await openPage()
    const again = await pool.issue()
    meanwhile(() => {
      browser.store(cookiesOf(again).split('; '))
    })
    expect(String((await serverTokenProvider().getTokens())?.accessToken)).toBe(again.accessToken)
  })

  test('the user signs out, in another tab: there are none', async () => {
    const { browser } = await openPage()
    meanwhile(() => {
      browser.document.cookie = `${LAST_AUTH_USER}=; Path=/; Max-Age=0`
    })
    expect(await serverTokenProvider().getTokens()).toBeNull()
  })

  test('the user signs out here, over cookies that no script sees: there are none', async () => {
    const page = await openPage()
    hideCookies(page)
    const provider = serverTokenProvider()
    meanwhile(() => provider.signOut?.())
    expect(await provider.getTokens()).toBeNull()
  })

  test('the user signs out here: there are none', async () => {
    await openPage()
    const provider = serverTokenProvider()
    meanwhile(() => provider.signOut?.())
    expect(await provider.getTokens()).toBeNull()
    expect(await provider.getTokens()).toBeNull()
  })
})

test('cookies that no page can see: it asks each time, for somebody else may be signed in', async () => {
  const { browser, pool, tokens } = await openPage(undefined, { httpOnly: true })
  const provider = serverTokenProvider()
  expect(String((await provider.getTokens())?.accessToken)).toBe(tokens.accessToken)
  pool.addUser({ username: 'bob', password: 'p' })
  const bob = await pool.issue('bob')
  browser.store(
    cookiesOf(bob, 'bob')
      .split('; ')
      .map((pair) => `${pair}; Path=/; HttpOnly`),
  )
  expect(String((await provider.getTokens())?.accessToken)).toBe(bob.accessToken)
})

test('the page’s clock may be wrong: the tokens are as old as the server’s says', async () => {
  freezeDate()
  const { calls, browser } = await openPage()
  // The page's clock is two hours ahead.
  passMs(2 * HOUR_MS)
  const manager = createTokenManager({ tokenProvider: serverTokenProvider() })
  const answered = jest.mocked(fetch).getMockImplementation()
  jest.mocked(fetch).mockImplementation(async (...request) => {
    passMs(-2 * HOUR_MS)
    const response = await answered?.(...request)
    passMs(2 * HOUR_MS)
    return response ?? Response.error()
  })
  const token = await manager.getToken()
  expect(token).toBe(tokensIn(browser.header()).accessToken)
  expect(calls).toEqual(['POST'])
  manager.close()
})

test('nobody is nobody, who is asked for again', async () => {
  const { browser, calls } = await openPage()
  browser.document.cookie = `${LAST_AUTH_USER}=; Path=/; Max-Age=0`
  const provider = serverTokenProvider()
  expect(await provider.getTokens()).toBeNull()
  expect(await provider.getTokens()).toBeNull()
  expect(calls).toHaveLength(2)
})

test('signs out', async () => {
  const { pool, tokens, calls } = await openPage()
  const manager = createTokenManager({ tokenProvider: serverTokenProvider() })
  await manager.getToken()
  await manager.signOut()
  expect(await manager.getToken()).toBeNull()
  expect(await pool.verify(tokens.accessToken)).toBeNull()
  expect(document.cookie).not.toContain('CognitoIdentityServiceProvider')
  expect(calls.slice(0, 2)).toEqual(['POST', 'DELETE'])
  manager.close()
})

describe('what goes wrong at the server', () => {
  test('has the same code here', async () => {
    const { pool } = await openPage(EXPIRED)
    pool.fail('throttled')
    await expect(serverTokenProvider().getTokens()).rejects.toMatchObject({
      code: 'throttled',
      retryable: true,
    })
  })

  test('is the end where it is the end', async () => {
    const { pool } = await openPage(EXPIRED)
    pool.revokeRefreshTokens()
    await expect(serverTokenProvider().getTokens()).rejects.toMatchObject({ code: 'sessionExpired' })
    expect(document.cookie).not.toContain('CognitoIdentityServiceProvider')
  })

  test.each([
    ['no JSON', () => new Response('<html>', { status: 502 })],
    ['another JSON', () => Response.json(null, { status: 500 })],
    ['a refusal', () => new Response(null, { status: 403 })],
    ['a page', () => new Response('<html>')],
  ])('may be %s', async (_, answer) => {
    await openPage()
    jest.spyOn(globalThis, 'fetch').mockImplementation(() => Promise.resolve(answer()))
    const { status } = answer()
    const failure: unknown = await serverTokenProvider('/auth/token')
      .getTokens()
      .catch((error: unknown) => error)
    expect(failure).toMatchObject({
      code: 'serviceError',
      cause: new Error(`POST /auth/token answered ${status}`),
    })
  })

  test('or no server at all', async () => {
    await openPage()
    jest.spyOn(globalThis, 'fetch').mockRejectedValue(new TypeError('Failed to fetch'))
    const manager = createTokenManager({ tokenProvider: serverTokenProvider() })
    await expect(manager.getToken()).rejects.toMatchObject({ code: 'offline' })
    manager.close()
  })
})
