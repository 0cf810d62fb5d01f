import type { IssueOptions } from '../../../src/testing/index.js'
import type { Stage } from './stage.js'

export const HOUR_MS = 3_600_000
/** Tokens that have expired, of a session that can be refreshed. */
export const EXPIRED: IssueOptions = { issuedAgoMs: 1.1 * HOUR_MS }

/** A browser as far as cookies at `/` go, for requests by the hundred. */
export interface Visitor {
  readonly cookies: Map<string, string>
  /** Sends the cookies; keeps those of the answer. */
  get(path: string, init?: { method?: string }): Promise<Response>
  /** Sends the cookies; the answer gets lost. */
  getInVain(path: string): Promise<Response>
}

const PREFIX = 'CognitoIdentityServiceProvider.testclient'

/** js-cookie's names. */
export function cookieName(username: string, what: string): string {
  const name = encodeURIComponent(username)
    .replace(/%(2[346B]|5E|60|7C)/g, decodeURIComponent)
    .replaceAll('(', '%28')
    .replaceAll(')', '%29')
  return `${PREFIX}.${name}.${what}`
}

/** The cookies that Amplify leaves in a browser whose clock is ten minutes ahead. */
export async function sessionCookies(
  stage: Stage,
  username = 'alice',
  options = EXPIRED,
): Promise<Map<string, string>> {
  const tokens = await stage.pool.issue(username, options)
  return new Map([
    [`${PREFIX}.LastAuthUser`, encodeURIComponent(username)],
    [cookieName(username, 'accessToken'), tokens.accessToken],
    [cookieName(username, 'idToken'), tokens.idToken],
    [cookieName(username, 'refreshToken'), tokens.refreshToken],
    [cookieName(username, 'clockDrift'), '-600000'],
    ['theme', '"dark%20blue"'],
  ])
}

export function createVisitor(stage: Stage, cookies: Map<string, string>): Visitor {
  const send = (path: string, init: { method?: string } = {}): Promise<Response> => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    return fetch(new URL(path, stage.url), { redirect: 'manual', ...init, headers: { cookie } })
  }
  return {
    cookies,
    getInVain: (path) => send(path),
    async get(path, init) {
      const response = await send(path, init)
      for (const line of response.headers.getSetCookie()) keep(cookies, line)
      return response
    },
  }
}

function keep(cookies: Map<string, string>, line: string): void {
  const [pair = '', ...attributes] = line.split('; ')
  const equals = pair.indexOf('=')
  const name = pair.slice(0, equals)
  if (attributes.includes('Max-Age=0')) cookies.delete(name)
  else cookies.set(name, pair.slice(equals + 1))
}

export async function openVisitor(stage: Stage, username?: string, options?: IssueOptions): Promise<Visitor> {
  return createVisitor(stage, await sessionCookies(stage, username, options))
}

/** What a page shows in `<pre id="answers">`. */
export async function answersOf(response: Response): Promise<unknown> {
  const html = await response.text()
  const [, json = ''] = /id="answers">([^<]*)/.exec(html) ?? []
  return JSON.parse(json.replaceAll('&quot;', '"'))
}
