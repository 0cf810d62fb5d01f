import type { AxiosError, AxiosInstance, AxiosResponse, InternalAxiosRequestConfig } from 'axios'
import { assertOption, BearerError, isBearerError } from '../errors.js'
import { createBearer, routeOf, type BearerOptions } from '../http/bearer.js'
import { discard, isOneShot } from '../http/body.js'
import type { TokenManager } from '../manager/types.js'
import { Attachment, SENT, transform } from './attachment.js'
import { createDestinationReader } from './destination.js'
import { cannotSend, conceal } from './failure.js'
import { createReplay } from './replay.js'
import { signalOf } from './signal.js'

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
  assertInstance(instance)
  const bearer = createBearer(manager, options)
  const destinationOf = createDestinationReader()
  const send = createReplay(instance)
  function onRequest(config: Config): MaybePromise<Config> {
    const { target, own } = destinationOf(config)
    if (config.bearer === false || speaksForItself(config) || !bearer.mayCarryToken(target, own))
      return config
    return manager.getToken({ signal: signalOf(config) }).then(
      (token) => {
        if (token !== null) new Attachment(config, token, own, bearer)
        return config
      },
      (error: unknown) => {
        // An aborted request is left to axios, which rejects it in its own way and does not send it.
        if (isBearerError(error)) throw cannotSend(error, config)
        return config
      },
    )
  }

  /** `error` is what axios made of the response that its `validateStatus` refused, or of none. */
  function conclude(
    config?: Config,
    response?: AxiosResponse,
    error?: AxiosError,
  ): MaybePromise<AxiosResponse> {
    const sent = Attachment.settle(config, bearer)
    if (sent && config && review(sent, response, error)) return answer(config, response, sent.token, error)
    if (response && !error) return response
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- axios hands on whatever was thrown
    throw error
  }

  /** Keeps the token from the caller's view, and tells the manager how the API took it. Whether it asks for another. */
  function review(
    { token, challenged }: { token: string; challenged?: boolean | undefined },
    response?: AxiosResponse,
    error?: AxiosError,
    route?: string,
  ): response is AxiosResponse {
    if (error) conceal(error)
    if (!response) return false
    const asks = challenged ?? bearer.isChallenge(response.status, response.headers)
    bearer.report(token, response.status, asks, route)
    return asks
  }

  /** One replay, or the caller's own 401 as if nothing had happened. */
  async function answer(
    config: Config,
    response: AxiosResponse,
    token: string,
    error?: AxiosError,
  ): Promise<AxiosResponse> {
    const route = routeOf(config.method?.toUpperCase(), `${config.baseURL ?? ''}${config.url ?? ''}`)
    // Aborted: the replay is left to axios, which rejects it in its own way and does not send it.
    const fresh =
      isOneShot(config.data) || (await bearer.renew(token, route, signalOf(config)).catch(() => token))
    if (typeof fresh === 'string') {
      discard(response.data as Parameters<typeof discard>[0])
      return replay(config, fresh, route)
    }
    response.data = transform(
      config.transformResponse,
      config,
      response.data,
      response.headers,
      response.status,
    )
    if (!error) return response
    if (fresh !== true) error.cause = fresh
    throw error
  }

  async function replay(config: Config, token: string, route: string): Promise<AxiosResponse> {
    try {
      const response = await send(config, token)
      response.config = config
      review({ token }, response, undefined, route)
      return response
    } catch (cause) {
      const error = cause as AxiosError
      const { response } = error
      error.config = config
      if (response) response.config = config
      if (review({ token }, response, error, route)) error.cause = new BearerError('tokenRefused')
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

/** The caller's own credentials are left alone; those that an earlier send of the same config left behind are ours. */
function speaksForItself({ headers, auth, bearer }: Config): boolean {
  if (bearer === SENT) headers.delete('Authorization')
  return auth !== undefined || headers.has('Authorization')
}

function assertInstance(instance: Partial<AxiosInstance> | null | undefined): void {
  assertOption(instance?.interceptors && instance.create, 'instance', typeof instance, 'an axios instance')
}
