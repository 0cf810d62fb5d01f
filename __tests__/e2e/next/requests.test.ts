import { readBuilt } from './globalSetup.js'
import { until } from '../browser/until.js'
import { openStage, type Stage } from './stage.js'
import { answersOf, cookieName, HOUR_MS, openVisitor, type Visitor } from './visitor.js'

jest.setTimeout(120_000)

/** A cookie of the application's, byte for byte. */
const THEME = 'theme="dark%20blue"'
/** Her tokens are too large for a browser. */
const CAROL = 'carol'
const BOB = 'bob.o@é(x)[日本]'
const ALICE = { status: 200, username: 'alice' }

describe.each(readBuilt().apps)('$name', (app) => {
  const REQUESTS = app.name.includes('Node') ? 10_000 : 1_000
  let stage: Stage

  beforeAll(async () => {
    const users = ['alice', BOB, CAROL].map((username) => ({
      username,
      password: 'wonderland',
      ...(username === CAROL && {
        groups: Array.from({ length: 100 }, (_, index) => `a group with a long name, ${index}`),
      }),
    }))
    stage = await openStage(app, { users })
  })
  afterAll(() => stage.close())
  afterEach(() => {
    stage.pool.heal()
  })

  async function many(visitor: Visitor, count: number, path: string) {
    const before = stage.refreshes()
    const responses = await Promise.all(Array.from({ length: count }, () => visitor.getInVain(path)))
    const cookies = responses.map((response) => response.headers.getSetCookie())
    return {
      statuses: [...new Set(responses.map(({ status }) => status))],
      refreshes: stage.refreshes() - before,
      cookies: new Set(cookies.map((lines) => lines.join('\n'))),
    }
  }

  test.each([8, 200])(
    '%d parallel requests with the same expired cookies: one refresh, all 200',
    async (count) => {
      const visitor = await openVisitor(stage)
      const { statuses, refreshes, cookies } = await many(visitor, count, '/api/whoami')
      expect({ statuses, refreshes }).toEqual({ statuses: [200], refreshes: 1 })
      // All answers bring the same tokens, each once.
      expect(cookies.size).toBe(1)
      expect([...cookies][0]?.match(/^[^=]+/gm)).toEqual(
        ['accessToken', 'idToken', 'refreshToken'].map((what) => cookieName('alice', what)),
      )
    },
  )

  test('Route Handlers that no proxy sees share a refresh, on Node with the proxy as well', async () => {
    const visitor = await openVisitor(stage)
    expect(await many(visitor, 8, '/bare/api')).toMatchObject({ statuses: [200], refreshes: 1 })
    const { statuses } = await many(visitor, 8, '/api/whoami')
    // What runs on Edge has a memory of its own: nothing is cleared, and the cookies of the first answers would have done.
    expect(statuses).toEqual([app.name.includes('Edge') ? 503 : 200])
    expect(visitor.cookies.size).toBe(6)
  })

  describe('the user pool', () => {
    test.each([
      ['cannot be reached', 'networkError', 'offline'],
      ['throttles', 'throttled', 'throttled'],
      ['fails', 'serviceError', 'serviceError'],
    ] as const)(
      '%s: nothing is cleared, who asks again and again is held off, and later all is well',
      async (_, fault, code) => {
        const visitor = await openVisitor(stage)
        stage.pool.fail(fault)
        const before = stage.refreshes()
        expect(await answersOf(await visitor.get('/component'))).toMatchObject({
          fetch: { code },
          axios: { code },
        })
        // Amplify's own.
        expect(stage.refreshes() - before).toBe(3)
        for (let asked = 0; asked < 20; asked++)
          expect((await visitor.getInVain('/api/whoami')).status).toBe(503)
        // Otherwise it were three for each of them.
        expect(stage.refreshes() - before).toBeLessThan(20)
        expect(visitor.cookies.size).toBe(6)
        stage.pool.heal()
        await until(async () => (await visitor.get('/api/whoami')).status === 200)
      },
    )

    test('rejects the grant: cleared once, and nobody is signed in', async () => {
      const visitor = await openVisitor(stage)
      stage.pool.revokeRefreshTokens()
      const { statuses, refreshes, cookies } = await many(visitor, 8, '/api/whoami')
      expect({ statuses, refreshes }).toEqual({ statuses: [401], refreshes: 1 })
      expect([...cookies].filter((lines) => lines.includes('Max-Age=0'))).toHaveLength(1)
    })

    test('has seen the refresh token before: nothing is cleared', async () => {
      const visitor = await openVisitor(stage)
      stage.pool.fail('refreshTokenReuse', { times: 1 })
      expect((await visitor.get('/api/whoami')).status).toBe(503)
      expect(visitor.cookies.size).toBe(6)
      await until(async () => (await visitor.get('/api/whoami')).status === 200)
    })
  })

  test('an odd user name, and the page rendered on the way', async () => {
    const visitor = await openVisitor(stage, BOB)
    const before = stage.refreshes()
    const response = await visitor.get('/component')
    expect(await answersOf(response)).toMatchObject({ fetch: { status: 200, username: BOB } })
    expect(await (await visitor.get('/api/whoami')).json()).toMatchObject({ username: BOB })
    expect(stage.refreshes() - before).toBe(1)
    expect(visitor.cookies.size).toBe(6)
  })

  test('a Server Component has the fresh token of the proxy, by fetch and by axios, and never refreshes', async () => {
    const visitor = await openVisitor(stage)
    const before = stage.refreshes()
    expect(await answersOf(await visitor.get('/component'))).toEqual({
      fetch: ALICE,
      axios: ALICE,
      misplaced: ALICE,
    })
    expect(stage.refreshes() - before).toBe(1)
  })

  test('a Server Component without a proxy: a token that is due is used, an expired one is `readOnly`', async () => {
    const due = await openVisitor(stage, 'alice', { issuedAgoMs: 0.97 * HOUR_MS })
    const expired = await openVisitor(stage)
    const before = stage.refreshes()
    expect(await answersOf(await due.get('/bare/component'))).toEqual({
      fetch: ALICE,
      axios: ALICE,
      misplaced: ALICE,
    })
    const readOnly = { status: 503, code: 'readOnly' }
    const answers = { fetch: readOnly, axios: readOnly, misplaced: readOnly }
    expect(await answersOf(await expired.get('/bare/component'))).toEqual(answers)
    expect(stage.refreshes() - before).toBe(0)
  })

  test('a token that the API refuses: the Route Handler refreshes it, and the browser gets it', async () => {
    const visitor = await openVisitor(stage, 'alice', { issuedAgoMs: 0 })
    stage.pool.revokeAccessTokens()
    const { statuses, refreshes } = await many(visitor, 8, '/api/whoami')
    expect({ statuses, refreshes }).toEqual({ statuses: [200], refreshes: 1 })
  })

  test('an answer that got lost: the next request gets the same tokens', async () => {
    const visitor = await openVisitor(stage)
    const before = stage.refreshes()
    await visitor.getInVain('/component')
    expect((await visitor.get('/api/whoami')).status).toBe(200)
    expect((await visitor.get('/api/whoami')).headers.getSetCookie()).toEqual([])
    expect(stage.refreshes() - before).toBe(1)
  })

  test('tokens that no browser would keep: refreshed once, kept in memory', async () => {
    const visitor = await openVisitor(stage, CAROL)
    const before = stage.refreshes()
    for (const what of ['accessToken', 'idToken']) {
      expect(visitor.cookies.get(cookieName(CAROL, what))?.length).toBeGreaterThan(4_096)
      visitor.cookies.delete(cookieName(CAROL, what))
    }
    for (let requests = 0; requests < 5; requests++) {
      const response = await visitor.get('/api/whoami')
      expect(await response.json()).toMatchObject({ username: CAROL })
      expect(response.headers.getSetCookie()).toEqual([])
    }
    expect(stage.refreshes() - before).toBe(1)
  })

  test('a static page that brings tokens is not for a CDN', async () => {
    const visitor = await openVisitor(stage)
    const response = await visitor.get('/about')
    expect(response.headers.get('cache-control')).toBe('private, no-store')
    expect((await visitor.get('/about')).headers.get('cache-control')).toContain('s-maxage')
  })

  test(`${REQUESTS.toLocaleString('en')} requests of two users, whose tokens expire again and again: nobody gets the other's`, async () => {
    const names = ['alice', BOB]
    const mixed: unknown[] = []
    let sent = 0
    /** One after the other, as a tab makes them. */
    async function browse(username: string): Promise<void> {
      let visitor = await openVisitor(stage, username)
      while (sent < REQUESTS) {
        if (++sent % 250 === 0) visitor = await openVisitor(stage, username)
        const response = await visitor.get(sent % 3 ? '/api/whoami' : '/bare/api')
        const answer = (await response.json()) as { username?: string }
        const brought = [...visitor.cookies.keys()].filter((name) => name.includes('Token'))
        if (
          answer.username !== username ||
          brought.some((name) => !name.startsWith(cookieName(username, '')))
        )
          mixed.push([username, response.status, answer])
      }
    }
    await Promise.all(Array.from({ length: 24 }, (_, index) => browse(names[index % 2] ?? '')))
    expect(mixed).toEqual([])
    expect(stage.refreshes()).toBeGreaterThan(REQUESTS / 250)
  })

  describe("the application's own response", () => {
    let visitor: Visitor
    const TOKENS = 3

    beforeEach(async () => {
      visitor = await openVisitor(stage)
    })

    test('request headers, response headers and cookies of its own', async () => {
      const response = await visitor.get('/api/whoami?own')
      expect(await response.json()).toEqual({ ...ALICE, theme: THEME, nonce: 'n0nce' })
      expect(response.headers.get('x-own')).toBe('yes')
      const [own, ...tokens] = response.headers.getSetCookie()
      expect(own).toBe('own=a%20b%22c; Path=/; HttpOnly')
      expect(tokens).toHaveLength(TOKENS)
    })

    test.each(['/rewritten', '/rewritten-with-headers'])('%s', async (path) => {
      const response = await visitor.get(path)
      expect(await response.json()).toMatchObject({ ...ALICE, theme: THEME })
      expect(response.headers.getSetCookie()).toHaveLength(TOKENS)
    })

    test.each([
      ['/redirected', 307],
      ['/redirected-plainly', 302],
    ])('%s', async (path, status) => {
      const response = await visitor.get(path)
      expect(response.status).toBe(status)
      expect(response.headers.get('location')).toMatch(/\/api\/whoami$/)
      expect(response.headers.getSetCookie()).toHaveLength(TOKENS)
    })

    test('/json', async () => {
      const response = await visitor.get('/json')
      expect(response.status).toBe(418)
      expect(await response.json()).toEqual({ answered: 'by the proxy' })
      expect(response.headers.getSetCookie()).toHaveLength(TOKENS)
    })
  })
})
