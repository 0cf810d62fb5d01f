import { assertFunction, assertOption, BearerError, isBearerError } from '../errors.js'
import type { AbortSignalLike, TokenManager } from '../manager/types.js'
import { discard, isOneShot } from './body.js'
import { isSecure, originOf, pageOrigin, parseOrigin } from './origin.js'

export const ORIGINS = "a list of exact origins such as 'https://api.example.com'"

/** Which requests get the token, and which answers ask for a fresh one. */
export interface BearerOptions {
  /**
   * Exact origins that get the token, such as `'https://api.example.com'`. A plain `'http://…'` one is an opt-in.
   * @default for axios the origin of the request's `baseURL`; in a browser otherwise the page's own
   */
  allowedOrigins?: readonly string[] | undefined
  /** Whether a response asks for a fresh token. @default status 401 (RFC 6750, section 3.1) */
  shouldRefresh?: ((response: { status: number; headers: Headers }) => boolean) | undefined
}

/** The part of a response that is looked at: fetch's and axios' have it in common. */
export interface AnyResponse {
  readonly status: number
  readonly headers: object
  /** Where redirects led, if the client tells: fetch does. */
  readonly url?: string
  /** Fetch's body, axios' data: let go of when a replay takes its place. */
  readonly body?: unknown
  readonly data?: unknown
}

/** A request as its client is about to send it, once or twice. */
export interface Outgoing<R extends AnyResponse> {
  readonly method: string | undefined
  readonly url: string
  readonly body: unknown
  readonly signal: AbortSignalLike | null | undefined
  /** Sends it with a token; `null`: without one. Rejects as the client does; an error may have a response, as axios' have. */
  readonly send: (token: string | null) => Promise<R>
}

/** What axios and fetch share. */
export interface Bearer {
  /** Whether the token may go to the origin `target`, when the client's own is `own`: by default the page's. */
  readonly mayCarryToken: (target: string | undefined, own?: string) => boolean
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
  { allowedOrigins, shouldRefresh }: BearerOptions = {},
): Bearer {
  assertFunction((Object(manager) as Partial<TokenManager>).getToken, 'manager.getToken')
  if (manager.closed) throw new BearerError('closed')
  if (shouldRefresh !== undefined) assertFunction(shouldRefresh, 'shouldRefresh')
  const allowed = allowedOrigins && readOrigins(allowedOrigins)

  const page = pageOrigin()

  function mayCarryToken(target: string | undefined, own = page): boolean {
    return target !== undefined && (allowed ? allowed.has(target) : target === own && isSecure(target))
  }

  async function exchange<R extends AnyResponse>(outgoing: Outgoing<R>): Promise<R> {
    const token = await manager.getToken({ signal: outgoing.signal, waitForSignIn: true })
    return token === null ? outgoing.send(token) : attempt(outgoing, token)
  }

  /** With `replayOf` it is the replay of a request on that route. */
  async function attempt<R extends AnyResponse>(
    outgoing: Outgoing<R>,
    token: string,
    replayOf?: string,
  ): Promise<R> {
    let failure: Error | undefined
    const response = await outgoing.send(token).catch((error: unknown) => {
      const { response } = Object(error) as { response?: R }
      if (!response) throw error
      failure = error as Error
      return response
    })
    const challenged = isChallenge(response)
    // Of a first send, only success shows that somebody looked at the token: a 403 or 500 may be a gateway's.
    manager.report({ token, accepted: !challenged && (response.status < 400 || !!replayOf), replayOf })
    if (challenged) {
      // Without queries, which may hold secrets, and ids (what holds a digit).
      const path = outgoing.url.replace(/[?#].*/s, '').replace(/\b\/+[^/]*\d[^/]*/g, '/*')
      // A body that can be read only once is not sent again, but the next request has the better token.
      const once = isOneShot(outgoing.body)
      const route = `${outgoing.method ?? 'GET'} ${path}`
      const better = replayOf
        ? new BearerError('tokenRefused')
        : await manager
            .getToken({ rejectedToken: token, route, signal: outgoing.signal, waitForSignIn: !once })
            .catch((error: unknown) => {
              if (isBearerError(error)) return error
              throw error
            })
      if (isBearerError(better)) {
        // Defined, not assigned: axios 1.12 and 1.13 make some causes read-only.
        if (failure) Object.defineProperty(failure, 'cause', { value: better })
      } else if (better && !once) {
        discard(response.data ?? response.body)
        return attempt(outgoing, better, route)
      }
    }
    if (failure) throw failure
    return response
  }

  function isChallenge({ status, headers, url }: AnyResponse): boolean {
    const asks = shouldRefresh
      ? shouldRefresh({ status, headers: new Headers(headers as ConstructorParameters<typeof Headers>[0]) })
      : status === 401
    // After a redirect to a foreign origin the answer is about a request without the token.
    return asks && (!url || mayCarryToken(originOf(url)))
  }

  return { mayCarryToken, exchange }
}

function readOrigins(origins: readonly string[]): Set<string> {
  assertOption(Array.isArray(origins) && origins.length > 0, 'allowedOrigins', origins, ORIGINS)
  return new Set(origins.map(readOrigin))
}

function readOrigin(text: unknown): string {
  const origin = parseOrigin(String(text))
  // A path, even '/', would suggest that it counts.
  assertOption(origin && !/[^:/][/?#]/.test(String(text)), 'allowedOrigins', text, ORIGINS)
  return origin
}
