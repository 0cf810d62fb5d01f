import type { AxiosAdapter, AxiosInstance, AxiosResponse, InternalAxiosRequestConfig } from 'axios'
import { isBearerError } from '../errors.js'
import type { Bearer } from '../http/bearer.js'
import { discard } from '../http/body.js'
import { createAdapterResolver } from './adapterResolver.js'
import { createDestinationReader } from './destination.js'
import { cannotSend, conceal } from './failure.js'
import { bufferForm } from './form.js'
import { guardRedirects } from './redirects.js'

type Config = InternalAxiosRequestConfig

/**
 * Makes adapters that send the token and answer a 401. Below the application's interceptors and transforms an adapter
 * sees where the request really goes and whether it has got credentials of its own; they see one request, and one
 * response.
 */
export function createBearerAdapter(
  instance: AxiosInstance,
  bearer: Bearer,
): (adapter: Config['adapter']) => AxiosAdapter {
  const destinationOf = createDestinationReader()
  const resolve = createAdapterResolver(instance)

  return (wrapped) => (config) => {
    // For those who send the config again.
    Object.assign(config, { adapter: wrapped })
    const adapter = resolve(config)
    const { target, own } = destinationOf(config)
    if (
      config.bearer === false ||
      config.auth ||
      config.headers.has('Authorization') ||
      !bearer.mayCarryToken(target, own)
    )
      return adapter(config)
    config.data = bufferForm(config.data, config.headers)
    const { headers, beforeRedirect, method, baseURL = '', url = '', signal } = config
    const body: unknown = config.data

    async function send(
      token: string | null,
      refused?: AxiosResponse<unknown>,
    ): Promise<AxiosResponse<unknown>> {
      discard(refused?.data)
      // Its signal is heeded by the wait, and after it by axios.
      config.cancelToken?.throwIfRequested()
      if (token === null) return adapter(config)
      config.headers = withToken(headers, token)
      config.beforeRedirect = guardRedirects(config, (origin) => bearer.mayCarryToken(origin, own))
      try {
        const response = await adapter(config)
        conceal(response, config)
        return response
      } catch (error) {
        conceal(error, config)
        throw error
      } finally {
        // Neither the application nor its logs get to see the token.
        Object.assign(config, { headers, beforeRedirect })
      }
    }

    return bearer
      .exchange({ method, url: baseURL + url, body, signal, own, send })
      .catch((error: unknown) => {
        throw isBearerError(error) ? cannotSend(error, config) : error
      })
  }
}

function withToken(headers: Config['headers'], token: string): Config['headers'] {
  const copy = Object.create(Object.getPrototypeOf(headers) as object) as Config['headers']
  // Not by `set`, which takes longer than all the rest: the name is known to be absent, the value to be clean.
  return Object.assign(copy, headers, { Authorization: `Bearer ${token}` })
}
