import axios from 'axios'
import { attachBearer } from '../../../../src/axios/index.js'
import { isBearerError, wrapFetch, type TokenManager } from '../../../../src/index.js'

export type Client = 'fetch' | 'axios'

/** What became of a request: the API's answer, or what the client threw; `tookMs` since it was made. */
export type Reply = { readonly tookMs: number } & (
  { readonly status: number } | { readonly error: string; readonly retryable: boolean }
)

/** Sends a request of the API with the manager's token, by either client. */
export function createClients(url: string, manager: TokenManager): (client: Client) => Promise<Reply> {
  const api = axios.create({ baseURL: url })
  attachBearer(api, manager)
  const apiFetch = wrapFetch(fetch, manager, { allowedOrigins: [new URL(url).origin] })
  const send = (client: Client): Promise<{ status: number }> =>
    client === 'fetch' ? apiFetch(url) : api.get('/', { validateStatus: () => true })

  return async (client) => {
    const startedMs = performance.now()
    const tookMs = () => performance.now() - startedMs
    return send(client).then(
      ({ status }) => ({ status, tookMs: tookMs() }),
      (error: unknown) => ({ ...failureOf(error), tookMs: tookMs() }),
    )
  }
}

/** A `BearerError` by its code, which axios has as the cause; a client's own error, of the network for instance, by its name. */
function failureOf(error: unknown): { error: string; retryable: boolean } {
  const { cause, name } = error as Error
  const reason = [error, cause].find(isBearerError)
  return reason ? { error: reason.code, retryable: reason.retryable } : { error: name, retryable: false }
}
