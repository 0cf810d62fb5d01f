import { NextResponse } from 'next/server.js'
import { BearerError } from '../errors.js'
import { changeCookies, type Changes } from './cookies.js'
import { headerAccess, type CookieSettings } from './cookieAccess.js'
import { needOf } from './lifetime.js'
import { endOf, failedName, forwardedName, removalOf, withoutRefreshToken, type Jar } from './session.js'
import { duplicatesOf } from './setCookie.js'
import type { Settle } from './settle.js'

/** The part of a request that is used. */
export interface SessionRequest {
  readonly url: string
  readonly headers: Headers
}

/** A session, as it stands for the rest of a request. */
export interface SessionUpdate {
  /**
   * `signedIn`: there is a token that has not expired. `signedOut`: nobody is signed in, or the grant was rejected.
   * `unavailable`: there is a session, but its token has expired and could not be refreshed now. Nobody has verified the
   * token's signature: good enough to redirect by, not to let somebody in.
   */
  readonly state: 'signedIn' | 'signedOut' | 'unavailable'
  /** Why the tokens could not be refreshed, or why the session is over. */
  readonly error: BearerError | undefined
  /** The request's headers with the session's cookies as they are now, to be forwarded. */
  readonly headers: Headers
  /**
   * The application's response, with what the browser and the rest of the request have to know: the last thing to do to it.
   * What it already does (headers, cookies, next, rewrite, redirect) stays as it is; a sign-out stays one.
   */
  applyTo(response: Response): NextResponse
}

/** What one update comes to. */
interface Verdict {
  readonly state: SessionUpdate['state']
  readonly error?: BearerError | undefined
  /** For the rest of the request. */
  readonly forwarded: Changes
  /** For the browser, if something is to be written; of duplicates the winner is, too. */
  readonly stored?: Changes
}

export function createUpdate(
  settings: CookieSettings & { refreshWindowMs: number; tokenUse: 'access' | 'id' },
  settle: Settle,
): (request: SessionRequest) => Promise<SessionUpdate> {
  const { clientId, refreshWindowMs, tokenUse } = settings

  async function judge(jar: Jar): Promise<Verdict> {
    if (!jar.session) {
      // Tokens that have come after a sign-out: Amplify writes `LastAuthUser` before any, so this is no sign-in that has begun.
      const orphans = removalOf(jar)
      return { state: 'signedOut', forwarded: orphans, stored: orphans }
    }
    const { session, changes, error, ended } = await settle(jar, jar.session, (newest) =>
      needOf(newest, refreshWindowMs, tokenUse),
    )
    if (ended) {
      const end = endOf(clientId, jar)
      const verdict = { state: 'signedOut', error: new BearerError(ended.code), forwarded: end } as const
      return ended.mayRemove() ? { ...verdict, stored: end } : verdict
    }
    const winners = duplicatesOf(jar).map((name) => [name, jar.winners.get(name) ?? null] as const)
    const mark = changes.size > 0 ? [[forwardedName(clientId), 'true'] as const] : []
    const forwarded = new Map([...winners, ...changes, ...mark])
    if (!error) return { state: 'signedIn', forwarded, stored: changes }
    // Whatever comes later in this request is not to try again.
    const failed: Changes = new Map([[failedName(clientId), error.code]])
    return {
      state: needOf(session, 0, tokenUse) ? 'unavailable' : 'signedIn',
      error,
      forwarded: new Map([...forwarded, ...withoutRefreshToken(clientId, session), ...failed]),
    }
  }

  return async (request) => {
    const written = new Headers()
    const access = headerAccess(request, { headers: written }, settings)
    const jar = await access.read()
    const { state, error, forwarded, stored } = await judge(jar)
    if (stored && forwarded.size > 0) access.write(jar, stored)
    const headers = forward(request.headers, forwarded)
    return { state, error, headers, applyTo: (response) => apply(response, written, headers, forwarded) }
  }
}

function forward(given: Headers, changes: Changes): Headers {
  const headers = new Headers(given)
  if (changes.size === 0) return headers
  const cookie = changeCookies(headers.get('cookie'), changes)
  if (cookie) headers.set('cookie', cookie)
  else headers.delete('cookie')
  return headers
}

function apply(response: Response, written: Headers, forwarded: Headers, changes: Changes): NextResponse {
  const isUnchanged = changes.size === 0 && written.keys().next().done
  if (isUnchanged && response instanceof NextResponse) return response
  // A copy: some responses' headers cannot be changed (`Response.redirect`). A NextResponse knows the cookies that it is
  // made with: ones that the application sets on it later join them.
  const headers = new Headers(response.headers)
  const names = new Set(headers.getSetCookie().map(nameOf))
  if (changes.size > 0) override(headers, forwarded, changes)
  for (const [name, value] of written) {
    if (name !== 'set-cookie') headers.set(name, value)
    // What the application has done to the session itself counts, as a sign-out.
    else if (!names.has(nameOf(value))) headers.append(name, value)
  }
  return new NextResponse(response.body, {
    status: response.status,
    statusText: response.statusText,
    headers,
  })
}

/** Of a Set-Cookie header. */
const nameOf = (line: string): string | undefined => line.split('=', 1)[0]

/** How Next's proxy tells the server what it has changed in a request (`NextResponse.next({ request: { headers } })`). */
const OVERRIDES = 'x-middleware-override-headers'
const OVERRIDDEN_COOKIE = 'x-middleware-request-cookie'

function override(headers: Headers, forwarded: Headers, changes: Changes): void {
  if (!headers.has('x-middleware-next') && !headers.has('x-middleware-rewrite')) return
  const overridden = headers.get(OVERRIDES)?.split(',')
  if (!overridden) {
    const model = NextResponse.next({ request: { headers: forwarded } })
    for (const [name, value] of model.headers) if (name !== 'x-middleware-next') headers.set(name, value)
  } else if (overridden.includes('cookie')) {
    // The application forwards headers of its own, perhaps with cookies of its own among them.
    headers.set(OVERRIDDEN_COOKIE, changeCookies(headers.get(OVERRIDDEN_COOKIE), changes))
  }
}
