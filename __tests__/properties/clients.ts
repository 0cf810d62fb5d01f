import axios, { AxiosError, CanceledError, type AxiosAdapter } from 'axios'
import { attachBearer } from '../../src/axios/index.js'
import { wrapFetch, type TokenManager } from '../../src/index.js'

export const ORIGIN = 'https://api.example.com'
export const CLIENTS = ['fetch', 'Request', 'axios', 'lenient axios'] as const
export type Client = (typeof CLIENTS)[number]

/** The API: resolves with a status, or rejects as a lost network does. */
export type Api = (request: { caller: number; path: string; token: string | undefined }) => Promise<number>
/** Sends a request of a caller by one of the clients. */
export type Send = (client: Client, caller: number, path: string, signal?: AbortSignal) => Promise<unknown>

/** The caller's number travels in a header. */
const CALLER = 'x-caller'

/** Clients of one manager, which reach the API as real ones do: not at all once the signal is aborted. */
export function createClients(manager: TokenManager, api: Api): Send {
  const apiFetch = wrapFetch(platformFetch(api), manager, { allowedOrigins: [ORIGIN] })
  const instance = axios.create({ baseURL: ORIGIN, adapter: adapter(api) })
  attachBearer(instance, manager)
  return (client, caller, path, signal) => {
    const headers = { [CALLER]: String(caller) }
    const withSignal = signal ? { signal } : {}
    switch (client) {
      case 'fetch':
        return apiFetch(ORIGIN + path, { method: 'POST', body: 'body', headers, ...withSignal })
      case 'Request':
        return apiFetch(new Request(ORIGIN + path, { method: 'POST', body: 'body', headers }), withSignal)
      case 'axios':
        return instance.post(path, { body: true }, { headers, ...withSignal })
      case 'lenient axios':
        return instance.get(path, { headers, validateStatus: () => true, ...withSignal })
    }
  }
}

function platformFetch(api: Api): typeof fetch {
  return async (input, init) => {
    const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined))
    const url = input instanceof Request ? input.url : String(input)
    const call = (): Promise<number> => api(callOf(headers.get(CALLER), url, headers.get('authorization')))
    const status = await untilAborted(init?.signal, call, (signal) => signal.reason as Error)
    return new Response('answer', { status })
  }
}

function adapter(api: Api): AxiosAdapter {
  return async (config) => {
    const { headers, signal } = config
    // As Node's ClientRequest, it shows its headers to whoever prints it.
    const request = { header: String(headers.get('authorization')) }
    const call = (): Promise<number> =>
      api(callOf(headers.get(CALLER), `${ORIGIN}${config.url ?? ''}`, headers.get('authorization')))
    const status = await untilAborted(
      signal as AbortSignal | undefined,
      call,
      () => new CanceledError('canceled', config, request),
    ).catch((cause: unknown) => {
      throw cause instanceof AxiosError
        ? cause
        : new AxiosError('Network Error', 'ERR_NETWORK', config, request)
    })
    const response = { status, statusText: '', data: 'answer', headers: {}, config, request }
    if (config.validateStatus?.(status) ?? true) return response
    throw new AxiosError('bad status', 'ERR_BAD_REQUEST', config, request, response)
  }
}

function callOf(caller: unknown, url: string, authorization: unknown): Parameters<Api>[0] {
  const token = typeof authorization === 'string' ? authorization.replace('Bearer ', '') : undefined
  return { caller: Number(caller), path: new URL(url).pathname, token }
}

/** Never calls when aborted already. Leaves no listener of its own. */
async function untilAborted<T>(
  signal: AbortSignal | null | undefined,
  call: () => Promise<T>,
  reason: (signal: AbortSignal) => Error,
): Promise<T> {
  if (!signal) return call()
  if (signal.aborted) throw reason(signal)
  let stop = (): void => undefined
  const aborted = new Promise<never>((_, reject) => {
    stop = () => {
      reject(reason(signal))
    }
  })
  signal.addEventListener('abort', stop)
  try {
    return await Promise.race([call(), aborted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
