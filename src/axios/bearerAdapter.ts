import {
  AxiosError,
  type AxiosAdapter,
  type AxiosInstance,
  type AxiosResponse,
  type InternalAxiosRequestConfig,
} from 'axios'
import { isBearerError } from '../errors.js'
import type { Bearer } from '../http/bearer.js'
import { originOf } from '../http/origin.js'
import { createAdapterResolver } from './adapterResolver.js'
import { conceal } from './conceal.js'
import { createDestinationReader } from './destination.js'
import { bufferForm } from './form.js'

type Config = InternalAxiosRequestConfig

/** What follow-redirects, which axios uses in Node, is about to ask. */
interface RedirectOptions {
  href: string
  headers: { Authorization?: string }
}

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
    const { headers, beforeRedirect, method, baseURL = '', url = '', signal, cancelToken } = config

    async function send(token: string | null): Promise<AxiosResponse<unknown>> {
      // Not every adapter looks before it sends. Axios makes its CanceledError of whatever is thrown now.
      if (signal?.aborted || cancelToken?.reason) throw new Error()
      if (token !== null) {
        // Not by `set`, which takes longer than all the rest: the name is known to be absent, the value to be clean.
        config.headers = Object.assign(
          Object.create(Object.getPrototypeOf(headers) as object) as Config['headers'],
          headers,
          { Authorization: `Bearer ${token}` },
        )
        config.beforeRedirect = (options, ...details) => {
          // Axios up to 1.20 keeps the token on the way to a subdomain.
          const { href, headers } = options as RedirectOptions
          if (!bearer.mayCarryToken(originOf(href), own)) delete headers.Authorization
          beforeRedirect?.(options, ...details)
        }
      }
      let outcome: unknown
      try {
        return (outcome = await adapter(config))
      } catch (error) {
        outcome = error
        throw error
      } finally {
        // Neither the application nor its logs get to see the token.
        Object.assign(config, { headers, beforeRedirect })
        conceal(outcome, config)
      }
    }

    if (
      config.bearer === false ||
      config.auth ||
      headers.has('Authorization') ||
      !bearer.mayCarryToken(target, own)
    )
      return send(null)
    const body = (config.data = bufferForm(config.data, headers))
    // A request that could not be sent fails as axios' requests do; its cause says why.
    return bearer
      .exchange({ method, url: `${baseURL}/${url}`, body, signal, send })
      .catch((error: unknown) => {
        if (!isBearerError(error)) throw error
        throw Object.assign(new AxiosError(error.code, 'ERR_BEARER', config), { cause: error })
      })
  }
}
