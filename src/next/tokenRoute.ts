import { isBearerError } from '../errors.js'
import type { ProvidedTokens, SignOutOptions, TokenManager } from '../manager/types.js'
import type { Jwt } from '../token/token.js'
import { askedHost, type ResponseContext } from './cookieAccess.js'

/** The two handlers of the token route: what the browser's token provider calls. */
export interface TokenRoute {
  /** The tokens, refreshed when they are due. Same origin only. */
  readonly POST: (request: Request) => Promise<Response>
  /** Signs out. Same origin only. */
  readonly DELETE: (request: Request) => Promise<Response>
}

/** What the browser asks for. */
export interface TokenWish {
  /** The `jti` of the access token that will not do; whoever has got a newer one meanwhile has no need of another refresh. */
  readonly instead?: unknown
}

/** A token and its claims: the browser has nothing to decode. */
export interface SentToken {
  readonly value: string
  readonly payload: Readonly<Record<string, unknown>>
}

/** What it is answered. */
export interface TokenAnswer {
  /** `null`: nobody is signed in. */
  readonly accessToken: SentToken | null
  readonly idToken?: SentToken | undefined
  readonly serverTimeMs: number
}

export function createTokenRoute(
  tokens: (context: ResponseContext) => TokenManager,
  signOut: (context: ResponseContext, options: { global: boolean }) => Promise<void>,
): TokenRoute {
  async function answer(
    request: Request,
    task: (context: ResponseContext) => Promise<TokenAnswer | undefined>,
  ): Promise<Response> {
    const headers = new Headers({ 'cache-control': 'private, no-store' })
    if (!isSameOrigin(request.headers))
      return new Response('For pages of the same origin only', { status: 403, headers })
    try {
      const answered = await task({ request, response: { headers } })
      return answered ? Response.json(answered, { headers }) : new Response(null, { status: 204, headers })
    } catch (error) {
      if (!isBearerError(error)) throw error
      return Response.json({ code: error.code }, { status: error.retryable ? 503 : 401, headers })
    }
  }

  return {
    POST: (request) =>
      answer(request, async (context) => {
        const { instead } = await wishOf<TokenWish>(request)
        const manager = tokens(context)
        let current = await manager.getTokens()
        if (current && instead !== undefined && current.accessToken.payload['jti'] === instead)
          current = await manager.getTokens({ forceRefresh: true })
        return { ...sent(current), serverTimeMs: Date.now() }
      }),
    DELETE: (request) =>
      answer(request, async (context) => {
        const { global } = await wishOf<SignOutOptions>(request)
        await signOut(context, { global: global === true })
        return undefined
      }),
  }
}

/** Whatever was sent. */
async function wishOf<T>(request: Request): Promise<Partial<T>> {
  return Object(await request.json().catch(() => undefined)) as Partial<T>
}

function sent(tokens: ProvidedTokens | null) {
  const send = (token: Jwt): SentToken => ({ value: token.toString(), payload: token.payload })
  return { accessToken: tokens && send(tokens.accessToken), idToken: tokens?.idToken && send(tokens.idToken) }
}

/** A page of another origin can neither read the answer nor bring about a sign-out. Where there is no Fetch Metadata (before 2023, and on plain http) browsers send `Origin`. */
function isSameOrigin(headers: Headers): boolean {
  const site = headers.get('sec-fetch-site')
  if (site) return site === 'same-origin'
  const origin = headers.get('origin')
  return origin !== null && URL.canParse(origin) && new URL(origin).host === askedHost(headers)
}
