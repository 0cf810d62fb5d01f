import type { AxiosError, AxiosInstance, AxiosResponse, InternalAxiosRequestConfig } from 'axios'
import { assertFunction } from '../errors.js'
import { createBearer, type BearerOptions } from '../http/bearer.js'
import type { TokenManager } from '../manager/types.js'
import { createBearerAdapter } from './bearerAdapter.js'

type Config = InternalAxiosRequestConfig

/** The arguments of `interceptors.request.use(...request)` and `interceptors.response.use(...response)`. */
export interface BearerInterceptors {
  request: [onFulfilled: (config: Config) => Config]
  response: [
    onFulfilled: (response: AxiosResponse) => AxiosResponse,
    onRejected: (error: AxiosError) => never,
  ]
}

/**
 * What `attachBearer` does, as interceptors for those who install theirs by hand. Where among the application's
 * own they run makes no difference: the token is attached, and a 401 answered, between the last request interceptor and
 * the first response interceptor. Only an interceptor that runs later and puts an adapter of its own in place of the
 * config's takes both away.
 *
 * @throws TypeError for a wrong option, BearerError for a closed manager
 */
export function bearerInterceptors(
  instance: AxiosInstance,
  manager: TokenManager,
  options?: BearerOptions,
): BearerInterceptors {
  assertFunction((Object(instance) as Partial<AxiosInstance>).create, 'instance.create')
  const adapterAround = createBearerAdapter(instance, createBearer(manager, options))
  return {
    request: [
      (config) => {
        config.adapter = adapterAround(config.adapter)
        return config
      },
    ],
    // Too late for a replay: those that were installed earlier have seen the response. The adapter has done it all.
    response: [
      (response) => response,
      (error) => {
        throw error
      },
    ],
  }
}
