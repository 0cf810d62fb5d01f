import { assertOption } from '../errors.js'
import { createBearer, type BearerOptions } from '../http/bearer.js'
import { discard } from '../http/body.js'
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

  return async function bearerFetch(input: RequestInfo | URL, init?: BearerRequestInit): Promise<Response> {
    const request = typeof input === 'object' && 'method' in input ? input : undefined
    const url = request ? request.url : `${input as string | URL}`
    if (init?.bearer === false || !bearer.mayCarryToken(originOf(url), own)) return fetch(input, init)
    // An init of a class has its fields where a copy would lose them: a Request can stand for both.
    if (init && !isPlain(init)) return bearerFetch(new Request(input, init))
    const headers = new Headers(init?.headers ?? request?.headers)
    const bare = init?.headers ? { ...init, headers } : init
    if (speaksForItself(headers)) return fetch(input, bare)
    let spare: Request | undefined

    function send(token: string | null, refused?: Response): Promise<Response> {
      if (token === null) return fetch(input, bare)
      discard(refused?.body)
      const ownHeaders = new Headers(headers)
      ownHeaders.set('Authorization', `Bearer ${token}`)
      const target = (refused && spare) ?? request ?? url
      if (!refused && !init?.body) spare = spareOf(request)
      return fetch(target, { ...init, headers: ownHeaders })
    }

    try {
      return await bearer.exchange({
        method: init?.method ?? request?.method,
        url,
        body: init?.body,
        signal: init?.signal ?? request?.signal,
        own,
        send,
        sourceOf,
      })
    } finally {
      discard(spare?.body)
    }
  }
}

function sourceOf(response: Response): string {
  return response.url
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
