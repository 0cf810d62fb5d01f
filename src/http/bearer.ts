import { assertOption, BearerError, isBearerError } from '../errors.js'
import type { AbortSignalLike, TokenManager } from '../manager/types.js'
import { isSecure, parseOrigin } from './origin.js'

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

/** What axios and fetch share. */
export interface Bearer {
  /** Whether the token may go to `target`, when the client's own origin (base URL or page) is `own`. */
  readonly mayCarryToken: (target: string | undefined, own: string | undefined) => boolean
  /** Whether the response asks for a fresh token. `headers`: standard ones or axios', both iterable. */
  readonly isChallenge: (status: number, headers: object) => boolean
  /** A better token than the refused one, or why there is none. @throws the signal's reason when it aborts */
  readonly renew: (
    token: string,
    route: string,
    signal: AbortSignalLike | undefined,
  ) => Promise<string | BearerError>
  /** Tells the manager what came of a token; of a replay, on which route. */
  readonly report: (token: string, status: number, challenged: boolean, replayOf?: string) => void
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
  return {
    mayCarryToken: (target, own) =>
      target !== undefined && (allowed ? allowed.has(target) : target === own && isSecure(target)),
    isChallenge: (status, headers) =>
      shouldRefresh
        ? shouldRefresh({ status, headers: new Headers(headers as HeadersInit) })
        : status === 401,
    async renew(rejectedToken, route, signal) {
      try {
        return (await manager.getToken({ rejectedToken, route, signal })) ?? new BearerError('signedOut')
      } catch (error) {
        if (isBearerError(error)) return error
        throw error
      }
    },
    report: (token, status, challenged, replayOf) => {
      // Of a first send, only success shows that somebody looked at the token: a 403 or 500 may be a gateway's.
      manager.report({ token, accepted: !challenged && (status < 400 || !!replayOf), replayOf })
    },
  }
}

/**
 * The name under which a refusal is remembered: without the query, which may hold secrets, and with all path segments
 * that hold a digit taken for ids.
 */
export function routeOf(method = 'GET', url: string): string {
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
