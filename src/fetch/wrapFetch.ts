import { assertFunction, assertOption } from '../errors.js'
import { createBearer, ORIGINS, type BearerOptions } from '../http/bearer.js'
import { discard, snapshot } from '../http/body.js'
import { originOf, pageOrigin } from '../http/origin.js'
import type { TokenManager } from '../manager/types.js'

/** What `fetch` takes, and `bearer: false` for a request that shall go out without the token. */
export interface BearerRequestInit extends RequestInit {
  /** @default true */
  bearer?: boolean
}

/** `fetch`, with `bearer` in its init. */
export type BearerFetch = (input: Parameters<typeof fetch>[0], init?: BearerRequestInit) => Promise<Response>

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
  options?: BearerOptions,
): BearerFetch {
  assertFunction(fetch, 'fetch')
  const bearer = createBearer(manager, options)
  assertOption(options?.allowedOrigins ?? pageOrigin(), 'allowedOrigins', undefined, ORIGINS)

  return async function bearerFetch(...[input, init]: Parameters<BearerFetch>): Promise<Response> {
    // What is no Request has none of its fields: fetch takes it for an address.
    const request: Partial<Request> = (input as Partial<Request>).clone ? (input as Request) : {}
    const url = request.url ?? (input as URL).toString()
    if (init?.bearer === false || !bearer.mayCarryToken(originOf(url))) return fetch(input, init)
    // An init of a class has its fields where a copy would lose them: a Request can stand for both.
    if (init && Object.getPrototypeOf(init) !== Object.prototype) return bearerFetch(new Request(input, init))
    // As with fetch, all is read now, whatever becomes of it during the wait.
    const own = { ...init }
    own.body &&= snapshot(own.body)
    const headers = new Headers(own.headers ?? request.headers)
    const { method = request.method, signal = request.signal, body } = own
    let spare: Request | undefined

    function send(token: string | null): Promise<Response> {
      const ownHeaders = new Headers(headers)
      const target = spare ?? (request.url ? (input as Request) : url)
      if (token !== null) {
        ownHeaders.set('Authorization', `Bearer ${token}`)
        // A Request's body can be read once, but copied before. (Not every browser has `body`.)
        if (!spare && body == null && request.body !== null) spare = request.clone?.()
      }
      return fetch(target, { ...own, headers: ownHeaders })
    }

    try {
      // The caller's own credentials are left alone; so are Amplify's calls of Cognito: a refresh must not wait for itself.
      if (headers.has('authorization') || headers.has('x-amz-target')) return await send(null)
      return await bearer.exchange({ method, url, body, signal, send })
    } finally {
      discard(spare?.body)
    }
  }
}
