import type { AxiosError, AxiosInstance, AxiosResponse, InternalAxiosRequestConfig } from 'axios'
import { assertOption, BearerError, isBearerError } from '../errors.js'
import { createBearer, routeOf, type BearerOptions } from '../http/bearer.js'
import { discard, isOneShot } from '../http/body.js'
import { remember } from '../manager/remember.js'
import type { TokenManager } from '../manager/types.js'
import { attach, listOf, transform, type Attachment } from './attachment.js'
import { createDestinationReader } from './destination.js'
import { cannotSend, conceal } from './failure.js'
import { bufferForm } from './form.js'
import { guardRedirects } from './redirects.js'
import { createReplay } from './replay.js'

type Config = InternalAxiosRequestConfig
type MaybePromise<T> = T | Promise<T>

/** The arguments of `interceptors.request.use(...request)` and `interceptors.response.use(...response)`. */
export interface BearerInterceptors {
  request: [onFulfilled: (config: Config) => MaybePromise<Config>]
  response: [
    onFulfilled: (response: AxiosResponse) => MaybePromise<AxiosResponse>,
    onRejected: (error: AxiosError) => MaybePromise<AxiosResponse>,
  ]
}

/**
 * The interceptors that `attachBearer` installs, for those who order theirs by hand. Install the two of one call
 * together. axios runs request interceptors last to first and response interceptors first to last: installed before
 * your own, these see the final request and the first response.
 *
 * @throws TypeError for a wrong option, BearerError for a closed manager
 */
export function bearerInterceptors(
  instance: AxiosInstance,
  manager: TokenManager,
  options: BearerOptions = {},
): BearerInterceptors {
  const { interceptors, create } = Object(instance) as Partial<AxiosInstance>
  assertOption(interceptors && create, 'instance', typeof instance, 'an axios instance')
  const bearer = createBearer(manager, options)
  const destinationOf = createDestinationReader()
  const send = createReplay(instance)
  const attachments = new WeakMap<Config, Attachment>()
  /** The headers that were attached lately. */
  const ours = new Map<string, true>()
  let lastToken = ''
  let lastHeader = ''

  async function onRequest(config: Config): Promise<Config> {
    const { target, own } = destinationOf(config)
    if (config.bearer === false || speaksForItself(config) || !bearer.mayCarryToken(target, own))
      return config
    try {
      const token = await manager.getToken({ signal: config.signal })
      if (token !== null) attachLate(config, token, own)
    } catch (error) {
      // An aborted request is left to axios, which rejects it in its own way and does not send it.
      if (isBearerError(error)) throw cannotSend(error, config)
    }
    return config
  }

  /**
   * axios runs interceptors that were installed before these ones after them. What they leave behind is known to the
   * last request transform: where the request really goes, and whether it has got credentials of its own.
   */
  function attachLate(config: Config, token: string, own: string | undefined): void {
    const { transformRequest } = config
    config.transformRequest = [
      ...listOf(transformRequest),
      function (data: unknown, headers) {
        const { target } = destinationOf(this)
        this.transformRequest = listOf(transformRequest)
        if (speaksForItself(this) || !bearer.mayCarryToken(target, own)) return data
        attachments.set(this, attach(this, token, headerOf(token), own, bearer, transformRequest))
        return typeof data === 'object' ? bufferForm(data, headers) : data
      },
    ]
  }

  /** The caller's own credentials are left alone; those that an earlier send of the same config left behind are ours. */
  function speaksForItself({ headers, auth }: Config): boolean {
    const { Authorization: header } = headers
    if (typeof header === 'string' && ours.has(header)) delete headers.Authorization
    // Plain headers, which an interceptor may have put there, have no `has`.
    return !!auth || !!(headers as Partial<Config['headers']>).has?.('Authorization')
  }

  function headerOf(token: string): string {
    if (token !== lastToken) {
      lastToken = token
      lastHeader = `Bearer ${token}`
      remember(ours, lastHeader, true)
    }
    return lastHeader
  }

  /** `error` is what axios made of the response that its `validateStatus` refused, or of none. */
  function conclude(
    config?: Config,
    response?: AxiosResponse,
    error?: AxiosError,
  ): MaybePromise<AxiosResponse> {
    const attachment = config && attachments.get(config)
    if (config && attachment) {
      attachments.delete(config)
      delete config.headers.Authorization
      Object.assign(config, attachment.original)
      const { token, isChallenge } = attachment
      if (review(token, response, error, isChallenge))
        return answer(config, response, token, isChallenge, error)
    }
    if (response && !error) return response
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- axios hands on whatever was thrown
    throw error
  }

  /** Keeps the token out of the caller's view, and tells the manager how the API took it. Whether it asks for another. */
  function review(
    token: string,
    response?: AxiosResponse,
    error?: AxiosError,
    isChallenge = response && bearer.isChallenge(response.status, response.headers),
    route?: string,
  ): response is AxiosResponse {
    if (error) conceal(error)
    if (response) bearer.report(token, response.status, !!isChallenge, route)
    return !!isChallenge
  }

  /** One replay, or the caller's own 401 as if nothing had happened. */
  async function answer(
    config: Config,
    response: AxiosResponse<unknown>,
    token: string,
    untransformed: boolean | undefined,
    error?: AxiosError,
  ): Promise<AxiosResponse> {
    const route = routeOf(config.method, `${config.baseURL ?? ''}${config.url ?? ''}`)
    // Aborted: the replay is left to axios, which rejects it in its own way and does not send it.
    const fresh = await bearer.renew(token, route, config.signal).catch(() => token)
    if (typeof fresh === 'string' && !isOneShot(config.data)) {
      discard(response.data)
      return replay(config, fresh, route)
    }
    const { data, headers, status } = response
    if (untransformed) response.data = transform(config.transformResponse, config, data, headers, status)
    if (!error) return response
    if (typeof fresh !== 'string') error.cause = fresh
    throw error
  }

  async function replay(config: Config, token: string, route: string): Promise<AxiosResponse> {
    const again = { ...config }
    guardRedirects(again, destinationOf(config).own, bearer)
    try {
      const response = await send(again, token)
      response.config = config
      review(token, response, undefined, undefined, route)
      return response
    } catch (cause) {
      const error = cause as AxiosError
      const { response } = error
      error.config = config
      if (response) response.config = config
      if (review(token, response, error, undefined, route)) error.cause = new BearerError('tokenRefused')
      throw error
    }
  }

  return {
    request: [onRequest],
    response: [
      (response) => conclude(response.config, response),
      (error) => conclude(error.config, error.response, error),
    ],
  }
}
