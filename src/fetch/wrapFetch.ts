import { assertOption } from '../errors.js'
import { createBearer, routeOf, type BearerOptions } from '../http/bearer.js'
import { discard, isOneShot } from '../http/body.js'
import { originOf, pageOrigin } from '../http/origin.js'
import type { TokenManager } from '../manager/types.js'

/** What `fetch` takes, and `bearer: false` for a request that shall go out without the token. */
export interface BearerRequestInit extends RequestInit {
  /** @default true */
  bearer?: boolean
}

export type BearerFetch = (input: RequestInfo | URL, init?: BearerRequestInit) => Promise<Response>

/**
 * A `fetch` that sends the token to the allowed origins, and answers a 401 by at most one replay with a fresh token.
 *
 * It resolves and rejects as `fetch` does. Where no better token is to be had, or the body cannot be sent again, it
 * resolves with the original 401. A request that cannot be sent at all rejects with a {@link BearerError}.
 *
 * @throws TypeError for a wrong option, and where no origin is allowed: outside browsers `allowedOrigins` is needed
 */
export function wrapFetch(
  fetch: typeof globalThis.fetch,
  manager: TokenManager,
  options: BearerOptions = {},
): BearerFetch {
  assertOption(typeof fetch === 'function', 'fetch', typeof fetch, 'a function')
  const bearer = createBearer(manager, options)
  const own = pageOrigin()
  assertOption(options.allowedOrigins ?? own, 'allowedOrigins', null, 'given where there is no page')
  const mayCarryToken = (url: string): boolean => bearer.mayCarryToken(originOf(url), own)
  const isChallenge = (response: Response): boolean =>
    bearer.isChallenge(response.status, response.headers) &&
    // After a redirect to a foreign origin the answer is about a request without the token.
    (!response.redirected || mayCarryToken(response.url))

  return async function bearerFetch(input: RequestInfo | URL, init?: BearerRequestInit): Promise<Response> {
    const request = typeof input === 'object' && 'method' in input ? input : undefined
    const url = request ? request.url : `${input as string | URL}`
    if (init?.bearer === false || !mayCarryToken(url)) return fetch(input, init)
    // An init of a class has its fields where a copy would lose them: a Request can stand for both.
    if (init && !isPlain(init)) return bearerFetch(new Request(input, init))
    const headers = new Headers(init?.headers ?? request?.headers)
    const bare = init?.headers ? { ...init, headers } : init
    if (speaksForItself(headers)) return fetch(input, bare)
    const signal = init?.signal ?? request?.signal
    const token = await manager.getToken({ signal })
    if (token === null) return fetch(input, bare)

    const send = (target: Request | string, value: string): Promise<Response> => {
      const ownHeaders = new Headers(headers)
      ownHeaders.set('Authorization', `Bearer ${value}`)
      return fetch(target, { ...init, headers: ownHeaders })
    }
    const spare = !init?.body ? spareOf(request) : undefined
    const response = await send(request ?? url, token)
    const challenged = isChallenge(response)
    bearer.report(token, response.status, challenged)
    if (!challenged) {
      discard(spare?.body)
      return response
    }

    const route = routeOf(init?.method ?? request?.method, url)
    const fresh = await bearer.renew(token, route, signal)
    const replayable = typeof fresh === 'string' && !isOneShot(init?.body)
    discard(replayable ? response.body : spare?.body)
    if (!replayable) return response
    const replay = await send(spare ?? request ?? url, fresh)
    bearer.report(fresh, replay.status, isChallenge(replay), route)
    return replay
  }
}

function isPlain(init: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(init)
  return prototype === null || prototype === Object.prototype
}

/** The caller's own credentials are left alone, and so are Amplify's calls of Cognito: a refresh must not wait for itself. */
function speaksForItself(headers: Headers): boolean {
  return headers.has('authorization') || headers.has('x-amz-target')
}

/** A Request's body can be read once, but copied before. */
function spareOf(request: Request | undefined): Request | undefined {
  return !request || request.method === 'GET' || request.method === 'HEAD' || request.bodyUsed
    ? undefined
    : request.clone()
}
