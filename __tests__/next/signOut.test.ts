import { NextResponse } from 'next/server.js'
import type { RefreshLock } from '../../src/index.js'
import { deferred } from '../support/provider.js'
import {
  cookiesOf,
  forgetFlights,
  forwarded,
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
  unsigned,
  valuesIn,
  writtenBy,
  type App,
  type Browser,
} from './app.js'

const setup = setupApp()
const realSetTimeout = setTimeout
const EXPIRED = { issuedAgoMs: HOUR_MS }
const NOTE = 'amplify-bearer.testclient.signedOut'
const revocations = ({ pool }: App) => pool.callCount('RevokeToken')

/** As a Route Handler does. */
async function signOut(app: App, browser: Browser, options?: { global: boolean }, session = app.session) {
  const response = new Response(null, { status: 204 })
  await session.signOut({ request: browser.request('/api/sign-out'), response }, options)
  browser.store(response.headers.getSetCookie(), '/api/sign-out')
  return response
}

test('revokes the refresh token, and leaves no cookie but a note', async () => {
  const app = await setup()
  const tokens = await app.pool.issue()
  const browser = signedIn(tokens)
  browser.store(['theme=dark; Path=/', `${nameOf('deviceKey')}=device; Path=/`])
  const response = await signOut(app, browser)
  expect(revocations(app)).toBe(1)
  expect(await app.pool.verify(tokens.accessToken)).toBeNull()
  expect([...valuesIn(browser.header()).keys()].sort()).toEqual(['theme', NOTE, nameOf('deviceKey')].sort())
  const note = response.headers.getSetCookie().find((line) => line.startsWith(NOTE))
  expect(note).toMatch(
    /^amplify-bearer\.testclient\.signedOut=[\da-f-]{36}; Path=\/; Max-Age=86400; Secure; HttpOnly; /,
  )
  expect(response.headers.get('cache-control')).toBe('private, no-store')
})

test('revokes the refresh token that a proxy, which could not refresh, has kept from the rest of the request', async () => {
  const app = await setup()
  const browser = signedIn(await app.pool.issue('alice', { issuedAgoMs: HOUR_MS - 60_000 }))
  app.pool.fail('throttled', { operation: 'GetTokensFromRefreshToken' })
  const { headers } = await app.session.updateSession(browser.request())
  app.pool.heal()
  await app.session.signOut({ request: request(headers.get('cookie') ?? ''), response: new Response() })
  expect(revocations(app)).toBe(1)
  expect((await app.session.updateSession(browser.request())).state).toBe('signedOut')
})

test('can end all sessions of the user', async () => {
  const app = await setup()
  const elsewhere = await app.pool.issue()
  await signOut(app, signedIn(await app.pool.issue()), { global: true })
  expect(app.pool.callCount('GlobalSignOut')).toBe(1)
  expect(revocations(app)).toBe(0)
  expect(await app.pool.verify(elsewhere.accessToken)).toBeNull()
})

test('removes the cookies even where the pool cannot be reached, which onError hears without a token', async () => {
  const errors: Error[] = []
  const app = await setup({}, { onError: (error) => errors.push(error) })
  const tokens = await app.pool.issue()
  const browser = signedIn(tokens)
  app.pool.fail('serviceError')
  await signOut(app, browser)
  expect([...valuesIn(browser.header()).keys()]).toEqual([NOTE])
  expect(errors.map(({ message }) => message)).toEqual([
    'amplify-bearer: RevokeToken failed: what it was to end stays valid until it expires',
  ])
  expect(errors[0]?.cause).toEqual(new Error('answered with 500'))
})

test('goes on though onError throws, which is printed', async () => {
  const thrown = new Error('from onError')
  const print = jest.spyOn(console, 'error').mockImplementation(() => undefined)
  const onError = () => {
    throw thrown
  }
  const app = await setup({}, { onError })
  app.pool.fail('serviceError')
  const browser = signedIn(await app.pool.issue())
  await signOut(app, browser)
  expect([...valuesIn(browser.header()).keys()]).toEqual([NOTE])
  expect(print.mock.calls).toEqual([[thrown]])
})

test('does not wait for long for a pool that does not answer', async () => {
  const errors: Error[] = []
  const app = await setup({}, { onError: (error) => errors.push(error) })
  const browser = signedIn(await app.pool.issue())
  app.pool.fail('hang')
  await signOut(app, browser)
  expect([...valuesIn(browser.header()).keys()]).toEqual([NOTE])
  expect(errors).toHaveLength(1)
})

test('revokes this session where all cannot be ended, because the access token has expired', async () => {
  const errors: Error[] = []
  const app = await setup({}, { onError: (error) => errors.push(error) })
  await signOut(app, signedIn(await app.pool.issue('alice', EXPIRED)), { global: true })
  expect(revocations(app)).toBe(1)
  expect(errors.map(({ cause }) => cause)).toEqual([new Error('answered with 400')])
})

test.each<[string, Record<string, string>]>([
  ['a load balancer', { 'x-forwarded-host': 'shop.example.org', host: 'internal:3000' }],
  ['the server', { host: 'shop.example.org' }],
])('finds cookies of the host that %s was asked for', async (_, headers) => {
  const app = await setup()
  const response = new Response()
  const request = signedIn(await app.pool.issue()).request('/', headers)
  await app.session.signOut({ request, response })
  const domains = response.headers.getSetCookie().map((line) => /Domain=([^;]*)/.exec(line)?.[1])
  expect(new Set(domains)).toEqual(new Set([undefined, 'shop.example.org', 'example.org']))
})

test('for nobody does nothing', async () => {
  const app = await setup()
  const browser = openBrowser()
  browser.store(['theme=dark; Path=/'])
  await signOut(app, browser)
  expect(browser.header()).toBe('theme=dark')
  expect(app.pool.callCount()).toBe(0)
})

test('removes tokens that belong to nobody', async () => {
  const app = await setup()
  const browser = signedIn(await app.pool.issue())
  browser.store([`${LAST_AUTH_USER}=; Path=/; Max-Age=0`])
  await signOut(app, browser)
  expect(browser.header()).toBe('')
  expect(app.pool.callCount()).toBe(0)
})

test('also through the token manager of a request, and with cookies()', async () => {
  const app = await setup()
  const browser = signedIn(await app.pool.issue())
  const response = new Response()
  await app.session.tokens({ request: browser.request(), response }).signOut()
  browser.store(response.headers.getSetCookie())
  expect([...valuesIn(browser.header()).keys()]).toEqual([NOTE])
  expect(revocations(app)).toBe(1)
})

test('what is known of an ended session is not forgotten when a straggler shows its tokens', async () => {
  freezeDate()
  const app = await setup({ rotation: false }, { onError: () => undefined })
  const browser = signedIn(await app.pool.issue('alice', EXPIRED))
  const update = await app.session.updateSession(browser.request())
  browser.store(update.applyTo(NextResponse.next()).headers.getSetCookie())
  const straggler = browser.request()
  app.pool.fail('serviceError', { operation: 'RevokeToken' })
  await signOut(app, browser)
  await app.session.updateSession(straggler)
  passMs(61_000)
  expect((await app.session.updateSession(straggler)).state).toBe('signedOut')
})

describe('the next session', () => {
  test('is another one, whatever the note says', async () => {
    freezeDate()
    const app = await setup()
    const browser = signedIn(await app.pool.issue())
    await signOut(app, browser)
    passMs(2_000)
    browser.store(
      cookiesOf(await app.pool.issue())
        .split('; ')
        .map((pair) => `${pair}; Path=/`),
    )
    expect((await app.session.updateSession(browser.request())).state).toBe('signedIn')
  })
})

describe('during a refresh', () => {
  /** A refresh that takes its time: it has reached the pool, and the answer is still to come. */
  async function refreshing(latencyMs: number, onError?: (error: Error) => void) {
    const started = deferred<undefined>()
    const lock: RefreshLock = {
      run(_name, task) {
        started.resolve(undefined)
        return task()
      },
    }
    const app = await setup({ latencyMs }, { lock, onError, refreshTimeoutMs: 100_000 })
    const browser = signedIn(await app.pool.issue('alice', EXPIRED))
    const updates = [1, 2].map(() => app.session.updateSession(browser.request()))
    await started.promise
    return { app, browser, updates: Promise.all(updates) }
  }

  test('those who wait for it get nobody, and what it brings is revoked', async () => {
    const { app, browser, updates } = await refreshing(50)
    const before = browser.header()
    await signOut(app, browser)
    for (const update of await updates) {
      expect([update.state, update.error?.code]).toEqual(['signedOut', 'signedOut'])
      expect(forwarded(update)).toEqual({})
      // The answer to the sign-out removes them.
      expect(writtenBy(update.applyTo(NextResponse.next())).size).toBe(0)
    }
    expect(app.refreshes()).toBe(1)
    // The one that had been shown, and the one that it was replaced with.
    expect(revocations(app)).toBe(2)
    const again = await app.session.updateSession(request(before))
    expect([again.state, forwarded(again)]).toEqual(['signedOut', {}])
    expect(app.refreshes()).toBe(1)
  })

  test('onError hears of each revocation that fails', async () => {
    const errors: Error[] = []
    const { app, browser, updates } = await refreshing(50, (error) => errors.push(error))
    app.pool.fail('serviceError', { operation: 'RevokeToken' })
    await signOut(app, browser)
    for (const { state } of await updates) expect(state).toBe('signedOut')
    expect(errors.map(({ message }) => message)).toEqual(
      Array(2).fill('amplify-bearer: RevokeToken failed: what it was to end stays valid until it expires'),
    )
  })

  test('which does not wait for it, and what arrives later still is', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate', 'performance'] })
    const { app, browser, updates } = await refreshing(60_000)
    const steps = async (promise: Promise<unknown>) => {
      const progress = { isSettled: false }
      void promise.then(() => (progress.isSettled = true))
      const startedMs = Date.now()
      while (!progress.isSettled) {
        await jest.advanceTimersByTimeAsync(100)
        // The pool is at the other end of a socket.
        await new Promise((proceed) => realSetTimeout(proceed, 5))
      }
      return Date.now() - startedMs
    }
    const underWay = async () => {
      while (app.refreshes() === 0) await new Promise(setImmediate)
      await jest.advanceTimersByTimeAsync(30_000)
    }
    await underWay()
    app.pool.latencyMs = 0
    const signingOut = signOut(app, browser)
    expect(await steps(signingOut)).toBeLessThan(20_000)
    expect(revocations(app)).toBe(1)
    await steps(updates)
    for (const update of await updates) expect([update.state, forwarded(update)]).toEqual(['signedOut', {}])
    expect(revocations(app)).toBe(2)
  })
})

describe('a straggler', () => {
  test('that has got the tokens before the sign-out, and delivers them after it, restores nothing', async () => {
    freezeDate()
    const app = await setup()
    const browser = signedIn(await app.pool.issue('alice', EXPIRED))
    const late = await app.session.updateSession(browser.request())
    const { headers } = late.applyTo(NextResponse.next())
    await signOut(app, browser)
    browser.store(headers.getSetCookie())
    expect(tokensIn(browser.header()).refreshToken).toBeDefined()
    expect(valuesIn(browser.header()).has(LAST_AUTH_USER)).toBe(false)
    const next = await app.session.updateSession(browser.request())
    expect([next.state, next.error]).toEqual(['signedOut', undefined])
    // Nobody's tokens would fill the next user's requests.
    expect(forwarded(next)).toEqual({})
    browser.store(next.applyTo(NextResponse.next()).headers.getSetCookie())
    expect([...valuesIn(browser.header()).keys()]).toEqual([NOTE])
  })

  test('after a sign-out by Amplify in the browser leaves no tokens behind', async () => {
    const app = await setup()
    const browser = signedIn(await app.pool.issue('alice', EXPIRED))
    const late = await app.session.updateSession(browser.request())
    const names = [...valuesIn(browser.header()).keys()]
    browser.store(names.map((name) => `${name}=; Path=/; Max-Age=0`))
    browser.store(late.applyTo(NextResponse.next()).headers.getSetCookie())
    expect(tokensIn(browser.header()).refreshToken).toBeDefined()
    const next = await app.session.updateSession(browser.request())
    expect([next.state, forwarded(next)]).toEqual(['signedOut', {}])
    browser.store(next.applyTo(NextResponse.next()).headers.getSetCookie())
    expect(browser.header()).toBe('')
  })

  test('is recognized by the note in another process as well, and cleaned up after', async () => {
    const app = await setup()
    const tokens = await app.pool.issue('alice', EXPIRED)
    const browser = signedIn(tokens)
    await signOut(app, browser)
    forgetFlights()
    const other = app.create()
    // Amplify in the browser has written everything again, its user included.
    browser.store(
      cookiesOf(tokens)
        .split('; ')
        .map((pair) => `${pair}; Path=/`),
    )
    const update = await other.updateSession(browser.request())
    expect([update.state, update.error?.code]).toEqual(['signedOut', 'signedOut'])
    browser.store(update.applyTo(NextResponse.next()).headers.getSetCookie())
    expect([...valuesIn(browser.header()).keys()]).toEqual([NOTE])
    expect(app.refreshes()).toBe(0)
  })
})

test('ends one session: the next one counts, though hosted UI may give it the same auth_time', async () => {
  freezeDate()
  const app = await setup()
  const browser = signedIn(await app.pool.issue())
  await signOut(app, browser)
  browser.store(
    cookiesOf(await app.pool.issue())
      .split('; ')
      .map((pair) => `${pair}; Path=/`),
  )
  expect((await app.session.updateSession(browser.request())).state).toBe('signedIn')
})

test('a session that nothing tells from the next one leaves no note', async () => {
  const app = await setup()
  const tokens = await app.pool.issue()
  // Of a pool without token revocation.
  const browser = signedIn({ ...tokens, accessToken: unsigned({ auth_time: 1 }) })
  await signOut(app, browser)
  expect(browser.header()).toBe('')
})

test('is complete on a deep path of a host with many labels and a long username', async () => {
  const app = await setup({ users: [{ username: 'a'.repeat(36), password: 'password' }] })
  const origin = 'https://app.eu.staging.example.co.uk'
  const username = 'a'.repeat(36)
  const browser = signedIn(await app.pool.issue(username), username, origin)
  expect(browser.header()).not.toBe('')
  const response = new Response()
  await app.session.signOut({ request: browser.request('/a/b/c'), response })
  browser.store(response.headers.getSetCookie(), '/a/b/c')
  expect([...valuesIn(browser.header()).keys()]).toEqual([NOTE])
  // What proxies buffer.
  expect(response.headers.getSetCookie().join('').length).toBeLessThan(4_400)
})
