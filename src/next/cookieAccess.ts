import * as nextCache from 'next/cache.js'
import { assertOption } from '../errors.js'
import { encodeName, encodeValue, parseCookies, type Changes, type Cookie } from './cookies.js'
import { openJar, type Jar } from './session.js'
import { setCookies, visibleScopes, type CookieAttributes, type CookieScope } from './setCookie.js'

/** What is used of what `cookies()` of `next/headers` resolves with. */
export interface CookieStore {
  getAll(): readonly { readonly name: string; readonly value: string }[]
  set(name: string, value: string, options: object): unknown
}

/** Next's own `cookies`: the function, not what it returns. */
export interface CookiesContext {
  readonly cookies: () => Promise<CookieStore>
}

/**
 * A request, and the headers of the response that is being made for it. Set cookies of your own on a NextResponse before:
 * it forgets those that it was not made with.
 */
export interface ResponseContext {
  readonly request: { readonly url: string; readonly headers: Headers }
  readonly response: { readonly headers: Headers }
}

/** As Amplify's `nextServerContext` in the App Router: in a Server Action `{ cookies }`, in a Route Handler that as well, or the response to write to. */
export type ServerContext = CookiesContext | ResponseContext

/** Where a request's cookies are read and written. */
export interface CookieAccess {
  /** Rejects where Next holds the cookies back. */
  readonly opened: Promise<unknown>
  read(): Promise<Jar>
  /** @throws where they cannot be written: in a Server Component */
  write(jar: Jar, changes: Changes, attributes?: CookieAttributes): void
}

export interface CookieSettings {
  readonly clientId: string
  readonly cookies: CookieAttributes
  readonly retired: readonly CookieScope[]
  /** Whether a browser would keep all of them. */
  readonly storable: (changes: Changes) => boolean
}

export function accessTo(context: ServerContext, settings: CookieSettings): CookieAccess {
  const given = Object(context) as Partial<CookiesContext & ResponseContext>
  assertOption(
    typeof given.cookies === 'function' || (given.request?.headers && given.response?.headers),
    'the context',
    Object.keys(given),
    "{ cookies }, the function of 'next/headers' itself, or { request, response }",
  )
  return 'cookies' in context
    ? storeAccess(context, settings)
    : headerAccess(context.request, context.response, settings)
}

export function headerAccess(
  request: ResponseContext['request'],
  response: ResponseContext['response'],
  { clientId, cookies, retired, storable }: CookieSettings,
): CookieAccess {
  return {
    opened: Promise.resolve(),
    read: () => Promise.resolve(openJar(parseCookies(request.headers.get('cookie')), clientId)),
    write(jar, changes, own = cookies) {
      if (!storable(changes)) return
      const visible = scopesOf(request)
      for (const line of setCookies(jar, changes, { own, retired, visible }))
        response.headers.append('set-cookie', line)
      // A CDN would hand them to others.
      response.headers.set('cache-control', 'private, no-store')
    },
  }
}

function scopesOf({ url, headers }: ResponseContext['request']): CookieScope[] {
  const { host, pathname } = new URL(url)
  return visibleScopes(askedHost(headers) ?? host, pathname)
}

/** The host that the browser has asked: of several load balancers the first was. */
export function askedHost(headers: Headers): string | undefined {
  return (headers.get('x-forwarded-host') ?? headers.get('host'))?.split(',', 1)[0]
}

/** Tells Next 16.4 and later that what comes now, such as a look at the clock, cannot be rendered ahead. */
const { io } = nextCache as Partial<typeof nextCache>

/** One cookie a name is all that Next's own store can write: other copies are left to the proxy. */
function storeAccess(
  { cookies }: CookiesContext,
  { clientId, cookies: defaults, storable }: CookieSettings,
): CookieAccess {
  // Now: while a page is built, Next interrupts here what has to be rendered for each request.
  const opening = Promise.all([cookies(), io?.()]).then(([opened]) => opened)
  // Whoever reads hears of it.
  opening.catch(() => undefined)
  let store: CookieStore | undefined
  return {
    opened: opening,
    async read() {
      store = await opening
      return openJar(store.getAll().map(encoded), clientId)
    },
    write(jar, changes, own = defaults) {
      if (!storable(changes)) return
      for (const [name, value] of changes) {
        for (const { name: raw } of jar.copies.get(name) ?? [])
          store?.set(raw, '', { path: '/', ...own, maxAge: 0 })
        const maxAge = value === null ? 0 : own.maxAge
        store?.set(encodeName(name), value ?? '', { path: '/', ...own, maxAge })
      }
    },
  }
}

/** Next has decoded the value already. */
function encoded({ name, value }: Cookie): Cookie {
  return { name, value: encodeValue(value) }
}
