import { BearerError, type BearerErrorCode } from '../errors.js'
import { AMPLIFY_BEARER } from '../manager/source.js'
import type { ProvidedTokens, TokenProvider } from '../manager/types.js'
import type { Jwt } from '../token/token.js'
import type { SentToken, TokenAnswer, TokenWish } from './tokenRoute.js'

/**
 * For browsers: the tokens of the session that the server keeps, from `tokenRoute()`. The server refreshes them, so that
 * browser and server never do so against each other. They are asked for again when a newer one is wanted, and when the
 * session's cookies have changed (which `httpOnly` ones do unseen).
 *
 * @example
 * const tokens = createTokenManager({ tokenProvider: serverTokenProvider() })
 * guardAmplify(tokens)   // Amplify's own calls in this page ask the server as well
 *
 * @param url where the token route is, on the same origin
 */
export function serverTokenProvider(url = '/api/token'): TokenProvider {
  let latest: { readonly tokens: ProvidedTokens; readonly cookies: string } | undefined

  async function call(method: 'POST' | 'DELETE', wish: TokenWish = {}): Promise<unknown> {
    const response = await fetch(url, {
      method,
      cache: 'no-store',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(wish),
    })
    const answer: unknown = await response.json().catch(() => undefined)
    if (response.ok) return answer
    const { code = 'serviceError' } = Object(answer) as { code?: BearerErrorCode }
    throw new BearerError(code, new Error(`${url} answered ${response.status}`))
  }

  const provider = {
    [AMPLIFY_BEARER]: true,
    async getTokens({ forceRefresh = false } = {}) {
      if (latest && !forceRefresh && latest.cookies === sessionCookies()) return latest.tokens
      const instead = forceRefresh ? latest?.tokens.accessToken.payload['jti'] : undefined
      latest = undefined
      const tokens = received((await call('POST', { instead })) as TokenAnswer)
      if (tokens) latest = { tokens, cookies: sessionCookies() }
      return tokens
    },
    async signOut() {
      latest = undefined
      await call('DELETE')
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

/** What a sign-in, a sign-out or a refresh changes, wherever it happens. */
function sessionCookies(): string {
  return document.cookie
    .split('; ')
    .filter((cookie) => cookie.startsWith('CognitoIdentityServiceProvider.'))
    .sort()
    .join()
}
