import { userPoolClient, type AmplifyConfig } from '../amplify/userPool.js'
import { assertFunction, assertOption } from '../errors.js'
import { readOptions as readManagerOptions } from '../manager/options.js'
import type { RefreshLock } from '../manager/types.js'
import { createSizeCheck, type CookieAttributes, type CookieOptions, type CookieScope } from './setCookie.js'

/** As Amplify's adapter has it. */
const YEAR_S = 31_536_000

/** What a server session can be created with. */
export interface ServerSessionOptions {
  /** What Amplify's `createServerRunner` takes: a resources configuration, or the contents of `amplify_outputs.json`. */
  config: AmplifyConfig
  /** Which of the two tokens is sent. @default 'access' */
  tokenUse?: 'access' | 'id' | undefined
  /**
   * Tokens with less than this left are refreshed, in milliseconds; never more than half of their lifetime. @default 300_000
   */
  refreshWindowMs?: number | undefined
  /** How long a request waits for a refresh, in milliseconds; with a token that is still good, three seconds at most. @default 30_000 */
  refreshTimeoutMs?: number | undefined
  /**
   * For several processes: runs one at a time of the refreshes with the same name, which is a hash of the refresh token.
   * What the task resolves with is plain JSON, and secret: a lock that keeps it for a while, and has `run` resolve with it
   * instead of running the next task of that name, spares other processes the refresh.
   * @default none: each process makes its own (let the user pool client have a grace period, `RetryGracePeriodSeconds`)
   */
  lock?: RefreshLock | undefined
  /** How the session's cookies are written. What the browser's Amplify is configured with has to agree. */
  cookies?: CookieOptions | undefined
  /** Domains and paths that the application has written its cookies to in the past: what is left there is removed. @default [] */
  retiredScopes?: readonly CookieScope[] | undefined
  /** Hears of what no request can be told: cookies too large for a browser, a revocation that failed. @default console.error */
  onError?: ((error: Error) => void) | undefined
}

/** What the options come to. @throws TypeError for a wrong one */
export function readOptions({
  config,
  lock,
  cookies: cookieOptions = {},
  retiredScopes = [],
  onError = console.error,
  tokenUse: givenUse,
  refreshWindowMs: givenWindowMs,
  refreshTimeoutMs: givenTimeoutMs,
  ...unknown
}: Partial<ServerSessionOptions> = {}) {
  const [stranger] = Object.keys(unknown)
  assertOption(
    stranger === undefined,
    'an option of createServerSession',
    stranger,
    'one that it knows ({ config, … })',
  )
  const { tokenUse, refreshWindowMs, refreshTimeoutMs } = readManagerOptions({
    tokenUse: givenUse,
    refreshWindowMs: givenWindowMs,
    refreshTimeoutMs: givenTimeoutMs,
    lock,
  })
  assertObject(cookieOptions, 'cookies', 'an object')
  const cookies = readCookies(cookieOptions)
  assertOption(isList(retiredScopes), 'retiredScopes', typeof retiredScopes, 'a list of { domain, path }')
  retiredScopes.forEach((scope, index) => {
    checkScope(`retiredScopes[${index}]`, scope)
  })
  assertFunction(onError, 'onError')
  // A cookie of the host alone would stay beside one of the domain.
  const retired: readonly CookieScope[] = cookies.domain ? [{}, ...retiredScopes] : retiredScopes
  assertObject(config, 'config', 'what Amplify.configure takes')
  const tell = (error: Error): void => {
    try {
      onError(error)
    } catch (thrown) {
      // It goes no further than what a listener throws.
      console.error(thrown)
    }
  }
  const pool = userPoolClient(config, tell)
  return {
    pool,
    clientId: pool.clientId,
    tokenUse,
    refreshWindowMs,
    refreshTimeoutMs,
    lock,
    cookies,
    retired,
    storable: createSizeCheck(tell),
  }
}

export type ServerSettings = ReturnType<typeof readOptions>

function readCookies({
  domain,
  sameSite = 'lax',
  secure = true,
  httpOnly = false,
  maxAge = YEAR_S,
  ...unknown
}: CookieOptions): CookieAttributes {
  const [stranger] = Object.keys(unknown)
  assertOption(stranger === undefined, 'an option of cookies', stranger, 'one that createServerSession knows')
  checkScope('cookies', { domain })
  assertOption(
    ['strict', 'lax', 'none'].includes(sameSite),
    'cookies.sameSite',
    sameSite,
    "'strict', 'lax' or 'none'",
  )
  for (const [name, given] of Object.entries({ secure, httpOnly }))
    assertOption(typeof given === 'boolean', `cookies.${name}`, typeof given, 'true or false')
  assertOption(secure || sameSite !== 'none', 'cookies.secure', secure, "true with sameSite 'none'")
  assertOption(Number.isInteger(maxAge) && maxAge >= 1, 'cookies.maxAge', maxAge, 'seconds from 1')
  return { domain, sameSite, secure, httpOnly, maxAge }
}

function assertObject(
  given: object | null | undefined,
  name: string,
  wanted: string,
): asserts given is object {
  assertOption(
    typeof given === 'object' && given !== null,
    name,
    given === null ? 'null' : typeof given,
    wanted,
  )
}

const isList = (given: unknown): boolean => Array.isArray(given)

/** What ends up in a header must not break out of its attribute. */
function checkScope(name: string, { domain = 'localhost', path = '/', ...unknown }: CookieScope): void {
  const [stranger] = Object.keys(unknown)
  assertOption(stranger === undefined, `a field of ${name}`, stranger, 'domain or path')
  assertOption(/^\.?[\w.-]+$/.test(domain), `${name}.domain`, domain, "a host name such as 'example.com'")
  assertOption(/^\/[^;\s]*$/.test(path), `${name}.path`, path, "a path such as '/app'")
}
