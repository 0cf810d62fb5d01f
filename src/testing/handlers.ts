import { http } from 'msw'
import type { HttpHandler } from 'msw'
import type { Responder } from './responder.js'

/** MSW handlers for the pool's region endpoint and for its public documents. */
export function createHandlers(endpoint: string, userPoolId: string, respond: Responder): HttpHandler[] {
  return [endpoint, `${endpoint}${userPoolId}/.well-known/*`].map((url) =>
    http.all(url, ({ request }) => respond(request)),
  )
}
