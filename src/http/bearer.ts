import { assertOption, BearerError, isBearerError } from '../errors.js'
import type { AbortSignalLike, TokenManager } from '../manager/types.js'
import { isOneShot } from './body.js'
import { isSecure, originOf, parseOrigin } from './origin.js'

const ORIGINS = "exact origins such as 'https://api.example.com'"

export interface BearerOptions {
  /**
   * Exact origins that get the token, such as `'https://api.example.com'`. A plain `'http://…'` one is an opt-in.
   * @default for axios the origin of the request's `baseURL`; in a browser otherwise the page's own
   */
  allowedOrigins?: readonly string[]
  /** Whether a response asks for a fresh token. @default status 401 (RFC 6750, section 3.1) */
  shouldRefresh?: (response: { status: number; headers: Headers }) => boolean
}

/** The part of a response that is looked at: fetch's and axios' have it in common. */
export interface AnyResponse {
  readonly status: number
  readonly headers: object
}

/** A request as its client is about to send it, once or twice. */
export interface Outgoing<R extends AnyResponse> {
  readonly method: string | undefined
  readonly url: string
  readonly body: unknown
  readonly signal: AbortSignalLike | undefined
  /** The client's own origin: that of its base URL, or the page's. */
  readonly own: string | undefined
  /**
   * Sends it with a token; `null`: without one. `refused` is the response that a replay replaces. Rejects as the client
   * does; an error may have a response, as axios' have.
   */
  readonly send: (token: string | null, refused?: R) => Promise<R>
  /** Where the response is from, as far as the client tells: redirects may have led elsewhere. */
  readonly sourceOf: (response: R) => string | undefined
}

/** What axios and fetch share. */
export interface Bearer {
  /** Whether the token may go to `target`, when the client's own origin is `own`. */
  readonly mayCarryToken: (target: string | undefined, own: string | undefined) => boolean
  /**
   * Sends with the current token, and answers a challenge by at most one replay with a better one.
   *
   * @throws BearerError when there is no token to send with, the signal's reason when it aborts
   */
  readonly exchange: <R extends AnyResponse>(outgoing: Outgoing<R>) => Promise<R>
}

/** @throws TypeError for a wrong option, BearerError for a closed manager */
export function createBearer(
  manager: TokenManager,
  { allowedOrigins, shouldRefresh }: BearerOptions,
): Bearer {
  const { getToken, closed } = Object(manager) as Partial<TokenManager>
  assertOption(getToken, 'manager', typeof manager, 'made by createTokenManager')
  if (closed) throw new BearerError('closed')
  assertOption(
    !shouldRefresh || typeof shouldRefresh === 'function',
    'shouldRefresh',
    typeof shouldRefresh,
    'a function',
  )
  const allowed = allowedOrigins && readOrigins(allowedOrigins)

  function mayCarryToken(target: string | undefined, own: string | undefined): boolean {
    return target !== undefined && (allowed ? allowed.has(target) : target === own && isSecure(target))
  }

  async function exchange<R extends AnyResponse>(outgoing: Outgoing<R>): Promise<R> {
    const token = await manager.getToken({ signal: outgoing.signal })
    return token === null ? outgoing.send(token) : attempt(outgoing, token)
  }

  /** With `replayOf` and `refused` it is the replay of a request on that route, and replaces that response. */
  async function attempt<R extends AnyResponse>(
    outgoing: Outgoing<R>,
    token: string,
    replayOf?: string,
    refused?: R,
  ): Promise<R> {
    let response: R | undefined
    let failure: (Error & { response?: R }) | undefined
    try {
      response = await outgoing.send(token, refused)
    } catch (error) {
      failure = error as Error
      response = failure.response
    }
    if (response && review(response, outgoing, token, replayOf)) {
      const route = routeOf(outgoing.method, outgoing.url)
      const better = replayOf ? new BearerError('tokenRefused') : await renew(token, route, outgoing.signal)
      // A body that can be read only once is not sent again, but the next request has the better token.
      if (typeof better === 'string' && !isOneShot(outgoing.body))
        return attempt(outgoing, better, route, response)
      if (failure && typeof better === 'object') failure.cause = better
    }
    if (response && !failure) return response
    throw failure as Error
  }

  /** A better token, or why there is none. @throws the signal's reason when it aborts */
  async function renew(
    rejectedToken: string,
    route: string,
    signal: AbortSignalLike | undefined,
  ): Promise<string | BearerError | null> {
    try {
      return await manager.getToken({ rejectedToken, route, signal })
    } catch (error) {
      if (isBearerError(error)) return error
      throw error
    }
  }

  /** Tells the manager how the API took a token. Whether it asks for another. */
  function review<R extends AnyResponse>(
    response: R,
    outgoing: Outgoing<R>,
    token: string,
    replayOf?: string,
  ): boolean {
    const challenged = isChallenge(response, outgoing)
    // Of a first send, only success shows that somebody looked at the token: a 403 or 500 may be a gateway's.
    manager.report({ token, accepted: !challenged && (response.status < 400 || !!replayOf), replayOf })
    return challenged
  }

  function isChallenge<R extends AnyResponse>(response: R, { own, sourceOf }: Outgoing<R>): boolean {
    const { status, headers } = response
    const asks = shouldRefresh
      ? shouldRefresh({ status, headers: new Headers(headers as HeadersInit) })
      : status === 401
    if (!asks) return false
    // After a redirect to a foreign origin the answer is about a request without the token.
    const source = sourceOf(response)
    return !source || mayCarryToken(originOf(source), own)
  }

  return { mayCarryToken, exchange }
}

/**
 * The name under which a refusal is remembered: without the query, which may hold secrets, and with all path segments
 * that hold a digit taken for ids.
 */
function routeOf(method = 'GET', url: string): string {
  return `${method.toUpperCase()} ${url.replace(/[?#].*/s, '').replace(/[^/]*\d[^/]*/g, '*')}`
}

function readOrigins(origins: readonly string[]): Set<string> {
  assertOption(Array.isArray(origins) && origins.length > 0, 'allowedOrigins', origins, ORIGINS)
  return new Set(origins.map(readOrigin))
}

function readOrigin(text: unknown): string {
  const origin = parseOrigin(String(text))
  // A path, even '/', would suggest that it counts.
  assertOption(origin && !/\w[/?#]/.test(String(text)), 'allowedOrigins', text, ORIGINS)
  return origin
}
