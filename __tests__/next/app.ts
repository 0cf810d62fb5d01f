import { CookieJar } from 'tough-cookie'
import { NextRequest } from 'next/server.js'
import {
  createServerSession,
  type ServerSession,
  type ServerSessionOptions,
  type SessionUpdate,
} from '../../src/next/index.js'
import {
  createUserPool,
  type TokenSet,
  type UserPool,
  type UserPoolOptions,
} from '../../src/testing/index.js'

export const CLIENT = 'testclient'
export const ORIGIN = 'https://app.example.com'
export const HOUR_MS = 3_600_000
export const nameOf = (what: string, username = 'alice') =>
  `CognitoIdentityServiceProvider.${CLIENT}.${username}.${what}`
export const LAST_AUTH_USER = `CognitoIdentityServiceProvider.${CLIENT}.LastAuthUser`

/** A user pool, and the server of an application that trusts it. */
export interface App {
  readonly pool: UserPool
  readonly session: ServerSession
  /** Another instance of the library in the same process, as a proxy and a route are to each other. */
  readonly create: (options?: Partial<ServerSessionOptions>) => ServerSession
  readonly refreshes: () => number
}

const endings: (() => Promise<unknown>)[] = []

/** Only the date is in the test's hand: `passMs` moves it. */
export function freezeDate(): void {
  jest.useFakeTimers({
    doNotFake: [
      ...(['nextTick', 'queueMicrotask', 'setImmediate', 'clearImmediate', 'hrtime', 'performance'] as const),
      ...(['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] as const),
    ],
  })
}

export function passMs(ms: number): void {
  jest.setSystemTime(Date.now() + ms)
}

/** Every process has its own; so has every test. */
export function forgetFlights(): void {
  Reflect.deleteProperty(globalThis, Symbol.for('amplify-bearer.flights'))
}

/** Starts a pool for each test that asks for one, and ends it afterwards. */
export function setupApp(): (
  poolOptions?: UserPoolOptions,
  options?: Partial<ServerSessionOptions>,
) => Promise<App> {
  beforeEach(() => {
    forgetFlights()
    // Amplify warns of every endpoint that is not Amazon's.
    jest.spyOn(console, 'warn').mockImplementation(() => undefined)
  })
  afterEach(async () => {
    jest.useRealTimers()
    for (const end of endings.splice(0)) await end()
  })
  return async (poolOptions = {}, options = {}) => {
    const pool = createUserPool({ rotation: {}, ...poolOptions })
    const config = (await pool.listen()).amplifyConfig()
    endings.push(() => pool.close())
    const create: App['create'] = (more) => createServerSession({ config, ...options, ...more })
    return {
      pool,
      create,
      session: create(),
      refreshes: () => pool.callCount('GetTokensFromRefreshToken'),
    }
  }
}

/** The cookies of a user as Amplify's js-cookie writes them: `encoded` is the username as it is in a cookie's name. */
export function cookiesOf(tokens: Partial<TokenSet>, username = 'alice', encoded = username): string {
  return [
    `${LAST_AUTH_USER}=${encodeURIComponent(username)}`,
    ...Object.entries(tokens).map(([what, value]) => `${nameOf(what, encoded)}=${value}`),
  ].join('; ')
}

export const request = (cookie: string, path = '/', headers: Record<string, string> = {}) =>
  new NextRequest(`${ORIGIN}${path}`, { headers: { cookie, ...headers } })

/** Everything by decoded name, last wins. */
export function valuesIn(cookieHeader: string | null): Map<string, string> {
  const pairs = (cookieHeader ?? '').split('; ').filter(Boolean)
  return new Map(pairs.map((pair) => split(pair)))
}

function split(pair: string): [string, string] {
  const equals = pair.indexOf('=')
  return [decode(pair.slice(0, Math.max(0, equals))), decode(pair.slice(equals + 1))]
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The tokens that a cookie header holds. */
export function tokensIn(cookieHeader: string | null, username = 'alice'): Partial<TokenSet> {
  const values = valuesIn(cookieHeader)
  return Object.fromEntries(
    ['accessToken', 'idToken', 'refreshToken'].flatMap((what) => {
      const value = values.get(nameOf(what, username))
      return value === undefined ? [] : [[what, value]]
    }),
  )
}

/** What the browser is told to store, by decoded name; `null` for what it is to remove. */
export function writtenBy(response: Pick<Response, 'headers'>): Map<string, string | null> {
  return new Map(
    response.headers.getSetCookie().map((line) => {
      const [name, value] = split(line.split('; ')[0] ?? '')
      return [name, line.includes('Max-Age=0') ? null : value]
    }),
  )
}

/** A browser: its cookies follow RFC 6265, by the library that jsdom has them from. */
export function openBrowser(origin = ORIGIN) {
  const jar = new CookieJar()
  return {
    /** Stores what a response, or a page's script, sets. */
    store(setCookies: readonly string[], path = '/') {
      for (const line of setCookies) jar.setCookieSync(line, `${origin}${path}`, { ignoreError: true })
    },
    header: (path = '/') => jar.getCookieStringSync(`${origin}${path}`),
    /** What a page's scripts see of it. */
    document: {
      // Amplify looks for traces of frameworks.
      querySelector: () => null,
      querySelectorAll: () => [],
      get cookie() {
        return jar.getCookieStringSync(origin, { http: false })
      },
      set cookie(line: string) {
        jar.setCookieSync(line, origin, { http: false, ignoreError: true })
      },
    },
    request(path = '/', headers: Record<string, string> = {}) {
      return new NextRequest(`${origin}${path}`, { headers: { ...headers, cookie: this.header(path) } })
    },
  }
}
export type Browser = ReturnType<typeof openBrowser>

/** A browser in which Amplify has signed somebody in. */
export function signedIn(tokens: TokenSet, username = 'alice', origin = ORIGIN): Browser {
  const browser = openBrowser(origin)
  browser.store(
    cookiesOf(tokens, username, encodeURIComponent(username))
      .split('; ')
      .map((pair) => `${pair}; Path=/; Max-Age=31536000; SameSite=Lax; Secure`),
  )
  return browser
}

/** The tokens that the rest of the request gets. */
export const forwarded = ({ headers }: SessionUpdate, username = 'alice') =>
  tokensIn(headers.get('cookie'), username)

/** An access token that nobody has signed. */
export function unsigned(claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'none' })}.${part(claims)}.signature`
}
