import fc from 'fast-check'
import { parseCookies } from '../../src/next/cookies.js'
import { openJar } from '../../src/next/session.js'
import {
  createSizeCheck,
  setCookie,
  setCookies,
  visibleScopes,
  type CookieScope,
  type Scopes,
} from '../../src/next/setCookie.js'
import { CLIENT, LAST_AUTH_USER, nameOf, openBrowser, tokensIn, unsigned } from './app.js'

const OWN = { secure: true, sameSite: 'lax', httpOnly: false, maxAge: 60 } as const
const END = 'Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure'
const NAME = nameOf('accessToken')

function lines(
  cookie: string,
  changes: [string, string | null][],
  { own = OWN, retired = [], visible = [{ path: '/' }] }: Partial<Scopes> = {},
) {
  return setCookies(openJar(parseCookies(cookie), CLIENT), new Map(changes), { own, retired, visible })
}

test.each([
  ['a'.repeat(3), { maxAge: 1 }, 'n=aaa; Path=/; Max-Age=1'],
  [
    'é;',
    { ...OWN, path: '/app', domain: 'example.com' },
    'n=%C3%A9%3B; Path=/app; Domain=example.com; Max-Age=60; Secure; SameSite=lax',
  ],
  [
    '',
    { maxAge: 0, httpOnly: true },
    'n=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly',
  ],
])('%s is written with its attributes', (value, attributes, line) => {
  expect(setCookie('n', value, attributes)).toBe(line)
})

describe('the scopes that a request can see', () => {
  test.each<[string, string, string[]]>([
    ['app.example.com', '/', ['/', 'app.example.com/', 'example.com/']],
    ['App.Example.com:3000', '/', ['/', 'app.example.com/', 'example.com/']],
    ['localhost:3000', '/', ['/']],
    ['localhost', '/a', ['/', '/a', '/a/']],
    ['127.0.0.1:3000', '/a', ['/', '/a', '/a/']],
    ['[::1]:3000', '/', ['/']],
    [
      'example.com',
      '/a/b/',
      [
        '/',
        'example.com/',
        '/a',
        'example.com/a',
        '/a/',
        'example.com/a/',
        '/a/b',
        'example.com/a/b',
        '/a/b/',
        'example.com/a/b/',
      ],
    ],
  ])('%s%s', (host, path, expected) => {
    expect(visibleScopes(host, path).map((scope) => `${scope.domain ?? ''}${scope.path ?? ''}`)).toEqual(
      expected,
    )
  })
})

test('of a request that is made up are few, whatever it makes up', () => {
  const scopes = visibleScopes(`${'a.'.repeat(100)}com`, '/a'.repeat(4_000))
  expect(scopes.length).toBeLessThan(250)
  expect(scopes).toContainEqual({ domain: 'a.com', path: '/a/a' })
  expect(visibleScopes('a.'.repeat(4_000), `/${'x'.repeat(4_000)}`)).toEqual([{ path: '/' }])
  expect(visibleScopes('a.example.com; Path=/b', '/')).toEqual([{ path: '/' }])
})

describe('the lines', () => {
  test('of a change are one, where the name is there once', () => {
    expect(
      lines(`${NAME}=old`, [[NAME, 'new']], { visible: visibleScopes('app.example.com', '/a') }),
    ).toEqual([`${NAME}=new; Path=/; Max-Age=60; Secure; SameSite=lax`])
  })

  test('of nothing are none', () => {
    expect(lines(`${NAME}=old; theme=dark; theme=light`, [])).toEqual([])
  })

  test('of a removal go where it may be: the host, and its parents', () => {
    expect(lines(`${NAME}=old`, [[NAME, null]], { visible: visibleScopes('app.example.com', '/a') })).toEqual(
      [
        `${NAME}=; Path=/; Domain=example.com; ${END}`,
        `${NAME}=; Path=/; Domain=app.example.com; ${END}`,
        // The last, which Next keeps.
        `${NAME}=; Path=/; ${END}`,
      ],
    )
  })

  test('remove from retired scopes before they set', () => {
    const retired = [{ domain: 'example.com' }, { path: '/old' }]
    expect(lines(`${NAME}=old`, [[NAME, 'new']], { retired })).toEqual([
      `${NAME}=; Path=/old; ${END}`,
      `${NAME}=; Path=/; Domain=example.com; ${END}`,
      `${NAME}=new; Path=/; Max-Age=60; Secure; SameSite=lax`,
    ])
  })

  test('remove names that are encoded in another way', () => {
    const name = nameOf('accessToken', 'bob(x)')
    expect(lines(`${name}=old`, [[name, 'new']])).toEqual([
      `${name}=; Path=/; ${END}`,
      `${nameOf('accessToken', 'bob%28x%29')}=new; Path=/; Max-Age=60; Secure; SameSite=lax`,
    ])
  })

  test('of duplicates are removed wherever the request can see, and the winner is set', () => {
    const [old, newest] = [unsigned({ iat: 1 }), unsigned({ iat: 2 })]
    const cookie = `${LAST_AUTH_USER}=alice; ${NAME}=${newest}; ${NAME}=${old}`
    const written = lines(cookie, [], { visible: visibleScopes('localhost', '/a') })
    expect(written).toEqual([
      `${NAME}=; Path=/a/; ${END}`,
      `${NAME}=; Path=/a; ${END}`,
      `${NAME}=${newest}; Path=/; Max-Age=60; Secure; SameSite=lax`,
    ])
  })

  test('that remove stay within what proxies buffer, and finish a scope that they have begun', () => {
    const whats = ['accessToken', 'idToken', 'refreshToken']
    const cookie = whats.flatMap((what) => [`${nameOf(what)}=1`, `${nameOf(what)}=2`]).join('; ')
    const visible = visibleScopes('a.b.c.d.example.com', '/a/b/c/d/e')
    const removals = lines(cookie, [], { visible }).filter((line) => line.includes('Max-Age=0'))
    expect(removals.join('').length).toBeLessThan(4_096 + 3 * 150)
    expect(removals.length).toBeGreaterThan(20)
    const byName = whats.map((what) => removals.filter((line) => line.startsWith(nameOf(what))).length)
    expect(new Set(byName).size).toBe(1)
  })

  test('that remove look under one more scope at least, however many are retired', () => {
    const retired = Array.from({ length: 100 }, (_, index) => ({ path: `/retired/${index}` }))
    const cookie = `${NAME}=${unsigned({ iat: 1 })}; ${NAME}=${unsigned({ iat: 2 })}`
    const written = lines(cookie, [], { retired, visible: visibleScopes('localhost', '/a') })
    expect(written.filter((line) => line.includes('Path=/retired/'))).toHaveLength(100)
    expect(written.filter((line) => /Path=\/a\/?;/.test(line))).toHaveLength(1)
  })
})

test('whatever a browser has, in the end one session is left, and it is the newest', () => {
  const path = fc.constantFrom(undefined, '/', '/a', '/a/', '/a/b')
  const domain = fc.constantFrom(undefined, 'app.example.com', 'example.com')
  const scope: fc.Arbitrary<CookieScope> = fc.record({ domain, path })
  const scopes = fc.uniqueArray(scope, {
    minLength: 1,
    maxLength: 4,
    selector: ({ domain: at, path: on = '/' }) => `${at ?? ''}${on}`,
  })
  const whats = ['accessToken', 'idToken', 'refreshToken']
  fc.assert(
    fc.property(scopes, fc.constantFrom(undefined, 'example.com'), (stored, ownDomain) => {
      const browser = openBrowser()
      let turn = 0
      jest.spyOn(Math, 'random').mockImplementation(() => (turn += 0.4) % 1)
      const tokensOf = (iat: number) =>
        Object.fromEntries(whats.map((what) => [what, unsigned({ iat, what })]))
      stored.forEach((at, index) => {
        const attributes = { ...OWN, ...at }
        const set = (name: string, value: string) => setCookie(name, value, attributes)
        browser.store(
          Object.entries(tokensOf(index)).map(([what, value]) => set(nameOf(what), value)),
          '/a/b',
        )
        browser.store([set(LAST_AUTH_USER, 'alice')], '/a/b')
      })
      // As many responses as it takes, if they are few.
      for (let response = 0; response < 4; response++) {
        const jar = openJar(parseCookies(browser.header('/a/b')), CLIENT)
        expect(jar.session).toMatchObject(tokensOf(stored.length - 1))
        const visible = visibleScopes('app.example.com', '/a/b')
        const own = { ...OWN, domain: ownDomain }
        browser.store(setCookies(jar, new Map(), { own, retired: [], visible }), '/a/b')
      }
      expect(browser.header('/a/b').split('; ')).toHaveLength(4)
      expect(tokensIn(browser.header('/a/b'))).toEqual(tokensOf(stored.length - 1))
    }),
    { numRuns: 200 },
  )
})

describe('the check of sizes', () => {
  function create() {
    const errors: string[] = []
    return { errors, check: createSizeCheck(({ message }) => errors.push(message)) }
  }
  const room = 4_096 - NAME.length

  test('lets through what browsers keep', () => {
    const { errors, check } = create()
    expect(check(new Map([[NAME, 'x'.repeat(room)]]))).toBe(true)
    expect(check(new Map([[NAME, null]]))).toBe(true)
    expect(errors).toEqual([])
  })

  test('tells of what they would drop once a name, without the token', () => {
    const { errors, check } = create()
    const changes = new Map([[NAME, 'x'.repeat(room + 1)]])
    expect([check(changes), check(changes)]).toEqual([false, false])
    expect(check(new Map([[nameOf('idToken', 'bob'), 'y'.repeat(4_096)]]))).toBe(false)
    expect(errors).toEqual([
      'amplify-bearer: accessToken is a cookie of 4097 bytes, and browsers drop those over 4096: give its user fewer groups or claims. None of its session was stored',
      expect.stringMatching(/^amplify-bearer: idToken is a cookie of \d+ bytes/),
    ])
    expect(errors.join()).not.toMatch(/xxx|yyy/)
  })
})
