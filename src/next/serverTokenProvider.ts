import { assertOption, BearerError, type BearerErrorCode } from '../errors.js'
import { AMPLIFY_BEARER } from '../manager/source.js'
import { platform } from '../platform.js'
import type { ProvidedTokens, SignOutOptions, TokenProvider } from '../manager/types.js'
import type { Jwt } from '../token/token.js'
import type { SentToken, TokenAnswer, TokenWish } from './tokenRoute.js'

/**
 * For browsers: the tokens of the session that the server keeps, from `tokenRoute()`. The server refreshes them, so that
 * browser and server never do so against each other. They are asked for again when a newer one is wanted, and when the
 * session's cookies have changed; where those are `httpOnly`, whenever the manager looks: once a second of use.
 *
 * @example
 * const tokens = createTokenManager({ tokenProvider: serverTokenProvider() })
 * guardAmplify(tokens)   // Amplify's own calls in this page ask the server as well
 *
 * @param url where the token route is, on the same origin; with a `basePath` that is in front of it
 */
export function serverTokenProvider(url = '/api/token'): TokenProvider {
  assertOption(
    /^\/(?!\/)/.test(url),
    'the url of serverTokenProvider',
    url,
    "a path of the page's own origin such as '/api/token'",
  )
  let latest: { readonly tokens: ProvidedTokens; readonly cookies: string } | undefined
  let signOuts = 0

  async function call(method: 'POST' | 'DELETE', wish: TokenWish | SignOutOptions): Promise<unknown> {
    const response = await fetch(url, {
      method,
      cache: 'no-store',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(wish),
    })
    const answer: unknown = await response.json().catch(() => undefined)
    const isAnswer = method === 'DELETE' || (Object(answer) as Partial<TokenAnswer>).accessToken !== undefined
    if (response.ok && isAnswer) return answer
    const { code = 'serviceError' } = Object(answer) as { code?: BearerErrorCode }
    throw new BearerError(code, new Error(`${method} ${url} answered ${response.status}`))
  }

  async function ask(wish: TokenWish): Promise<ProvidedTokens | null> {
    const [before, began] = [sessionCookies(), signOuts]
    const tokens = received((await call('POST', wish)) as TokenAnswer)
    latest = undefined
    if (!tokens || began !== signOuts) return null
    const cookies = sessionCookies()
    // Somebody has signed in or out meanwhile, unless it is this answer that has changed them.
    const isOwn = cookies.includes(String(tokens.accessToken)) && userIn(cookies) === userIn(before)
    if (cookies !== before && !isOwn) return ask(wish)
    latest = { tokens, cookies }
    return tokens
  }

  const provider = {
    [AMPLIFY_BEARER]: true,
    async getTokens({ forceRefresh = false } = {}) {
      const startedMs = Date.now()
      const known = latest?.cookies && latest.cookies === sessionCookies() ? latest.tokens : undefined
      const tokens = known ?? (await ask({}))
      // What was issued while it was asked for is as new as can be; claims count whole seconds.
      const isNew = !known && tokens && issuedAtMs(tokens) > startedMs - 1_000
      return !tokens || isNew || !forceRefresh ? tokens : ask({ instead: tokens.accessToken.payload['jti'] })
    },
    async signOut(options?: SignOutOptions) {
      latest = undefined
      signOuts += 1
      await call('DELETE', options?.global ? { global: true } : {})
    },
  }
  return provider
}

function received({ accessToken, idToken, serverTimeMs }: TokenAnswer): ProvidedTokens | null {
  if (!accessToken) return null
  const jwt = ({ value, payload }: SentToken): Jwt => ({ payload, toString: () => value })
  return {
    accessToken: jwt(accessToken),
    idToken: idToken && jwt(idToken),
    // The tokens are as old as the server's clock says.
    clockDrift: serverTimeMs - Date.now(),
  }
}

/** By this device's clock; `NaN` where that is not known. */
function issuedAtMs({ accessToken, clockDrift = NaN }: ProvidedTokens): number {
  return Number(accessToken.payload['iat']) * 1_000 - clockDrift
}

/** What a refresh does not change. */
const userIn = (cookies: string): string | undefined => /LastAuthUser=[^,]*/.exec(cookies)?.[0]

/** What a sign-in, a sign-out or a refresh changes, wherever it happens. */
function sessionCookies(): string {
  if (!platform.document)
    throw new TypeError(
      'amplify-bearer: serverTokenProvider is for browsers, createServerSession for servers',
    )
  return document.cookie
    .split('; ')
    .filter((cookie) => cookie.startsWith('CognitoIdentityServiceProvider.'))
    .sort()
    .join()
}
