import { encodeName, encodeValue, type Changes } from './cookies.js'
import { remember } from '../manager/remember.js'
import type { Jar } from './session.js'

/** Where a cookie lives, besides its name. */
export interface CookieScope {
  /** @default the host alone */
  readonly domain?: string | undefined
  /** @default '/' */
  readonly path?: string | undefined
}

/** How the session's cookies are written; their path is `/`. */
export interface CookieOptions {
  /** Without it cookies belong to the host alone. */
  readonly domain?: string | undefined
  /** @default 'lax' */
  readonly sameSite?: 'strict' | 'lax' | 'none' | undefined
  /** @default true; browsers take them from `http://localhost` as well, Safari does not */
  readonly secure?: boolean | undefined
  /** Amplify in the browser cannot see such cookies, nor sign in over them. @default false */
  readonly httpOnly?: boolean | undefined
  /** In seconds. Refreshes do not prolong `LastAuthUser`: a session ends this long after its sign-in at the latest. @default a year */
  readonly maxAge?: number | undefined
}

/** Set-Cookie headers beyond this many bytes for removals alone wait for the next response: proxies buffer 4 to 8 kB. */
const REMOVALS_BYTES = 4_096
/** Browsers drop a cookie whose name and value are longer, without a word (RFC 6265bis, section 5.6). */
const COOKIE_BYTES = 4_096

/** Browsers take no cookie with a longer path (RFC 6265bis, section 5.6), nor one with a semicolon. */
const PATH_BYTES = 1_024
/** The labels of a host, and the segments of a path, that cookies are looked for under. */
const MOST_PARTS = 10

/** The options with their defaults. */
export type CookieAttributes = CookieScope & { readonly maxAge: number } & Pick<
    CookieOptions,
    'sameSite' | 'secure' | 'httpOnly'
  >

/** Where cookies are written, and where they may be found. */
export interface Scopes {
  readonly own: CookieAttributes
  /** Where the application once wrote them. */
  readonly retired: readonly CookieScope[]
  /** Where a cookie that the request carries may live. */
  readonly visible: readonly CookieScope[]
}

/** A Set-Cookie header (RFC 6265, section 4.1). `name` is encoded already, `value` is not. */
export function setCookie(
  name: string,
  value: string,
  { domain, path = '/', maxAge, sameSite, secure, httpOnly }: CookieAttributes,
): string {
  return [
    `${name}=${encodeValue(value)}`,
    `Path=${path}`,
    domain && `Domain=${domain}`,
    `Max-Age=${maxAge}`,
    // Next reads cookies back when the application sets one of its own, and loses a zero.
    maxAge === 0 && 'Expires=Thu, 01 Jan 1970 00:00:00 GMT',
    secure && 'Secure',
    httpOnly && 'HttpOnly',
    sameSite && `SameSite=${sameSite}`,
  ]
    .filter(Boolean)
    .join('; ')
}

/**
 * The Set-Cookie headers that make the changes and leave one cookie a name. Removals come first: for some hosts `Domain`
 * means the host itself. Those of the own scope are the last of them: when the application sets a cookie of its own
 * afterwards, Next keeps only the last line of each name.
 */
export function setCookies(jar: Jar, changes: Changes, { own, retired, visible }: Scopes): string[] {
  const cookies = [...new Set([...changes.keys(), ...duplicatesOf(jar)])].map((name) => {
    const encoded = encodeName(name)
    const copies = (jar.copies.get(name) ?? []).map((copy) => copy.name)
    const value = changes.has(name) ? changes.get(name) : jar.winners.get(name)
    return { encoded, value, names: [...new Set([encoded, ...copies])], isDuplicate: copies.length > 1 }
  })
  const removals = [own, ...retired, ...visible].map(({ domain, path }, index) => {
    const isOwn = isRoot({ path }) && domain === own.domain
    const isGuess = index > retired.length
    return cookies.flatMap(({ encoded, value, names, isDuplicate }) => {
      // A single one that is to go may belong to a parent domain, as one that another version of the application has set.
      if (isGuess && !isDuplicate && !(value == null && isRoot({ path }))) return []
      return names
        .filter((name) => !isOwn || value == null || name !== encoded)
        .map((name) => setCookie(name, '', { domain, path, secure: own.secure, maxAge: 0 }))
    })
  })
  const set = cookies.flatMap(({ encoded, value }) => (value == null ? [] : [setCookie(encoded, value, own)]))
  const known = retired.length + 1
  return [...withinBudget(removals.slice(0, known), removals.slice(known)).reverse(), ...set]
}

/** The names that the browser has more than one cookie of. */
export function duplicatesOf({ copies }: Jar): string[] {
  return [...copies].filter(([, { length }]) => length > 1).map(([name]) => name)
}

const isRoot = ({ path = '/' }: CookieScope): boolean => path === '/'

/**
 * Scope by scope, and no scope by halves: what was stored together has to go together, or tokens could not be paired. Where
 * not all guesses fit, each response begins with another one, so that all have their turn.
 */
function withinBudget(known: readonly string[][], guesses: readonly string[][]): string[] {
  const bytesOf = (lines: readonly string[]): number => lines.join('').length
  const all = [...known, ...guesses].flat()
  if (bytesOf(all) <= REMOVALS_BYTES) return [...new Set(all)]
  const start = Math.floor(Math.random() * guesses.length)
  const lines = known.flat()
  const least = lines.length
  for (const scope of [...guesses.slice(start), ...guesses.slice(0, start)])
    if (lines.length === least || bytesOf([...lines, ...scope]) <= REMOVALS_BYTES) lines.push(...scope)
  return [...new Set(lines)]
}

/**
 * Every scope whose cookies this request carries: the host alone, the host and its parent domains, by every prefix of
 * the path, with and without a slash at its end (RFC 6265, section 5.1). Of what anybody may send, no more than
 * applications have: all scopes of a long path on a long host are more than fit into memory.
 */
export function visibleScopes(host: string, path: string): CookieScope[] {
  const hostname = host.replace(/:\d+$/, '').toLowerCase()
  const isName = /^[\w.-]{1,253}$/.test(hostname) && !/^[\d.]+$/.test(hostname)
  const labels = isName ? hostname.split('.').slice(-MOST_PARTS) : []
  const domains = labels.slice(0, -1).map((_, index) => labels.slice(index).join('.'))
  const parts = path.split('/').filter(Boolean).slice(0, MOST_PARTS)
  const prefixes = parts
    .map((_, index) => `/${parts.slice(0, index + 1).join('/')}`)
    .filter((prefix) => prefix.length < PATH_BYTES && !prefix.includes(';'))
  const paths = ['/', ...prefixes.flatMap((prefix) => [prefix, `${prefix}/`])]
  return paths.flatMap((at) => [undefined, ...domains].map((domain) => ({ domain, path: at })))
}

/**
 * A check that lets changes through unless a browser would drop a part of them: then it would keep the rest, and refresh
 * with every request. Told once a name.
 */
export function createSizeCheck(onError: (error: Error) => void): (changes: Changes) => boolean {
  const told = new Map<string, true>()
  return (changes) => {
    const sizes = [...changes].map(([name, value]) => ({
      name,
      bytes: value ? encodeName(name).length + encodeValue(value).length : 0,
    }))
    const large = sizes.find(({ bytes }) => bytes > COOKIE_BYTES)
    if (large && !told.has(large.name)) {
      remember(told, large.name, true)
      const what = `${large.name.split('.').at(-1) ?? ''} is a cookie of ${large.bytes} bytes, and browsers drop those over ${COOKIE_BYTES}`
      onError(
        new Error(
          `amplify-bearer: ${what}: give its user fewer groups or claims. None of its session was stored`,
        ),
      )
    }
    return !large
  }
}
