import type { AxiosResponse, AxiosResponseHeaders, InternalAxiosRequestConfig } from 'axios'
import type { Bearer } from '../http/bearer.js'
import { originOf } from '../http/origin.js'
import { bufferForm } from './form.js'

type Config = InternalAxiosRequestConfig
export type ResponseHeaders = AxiosResponse['headers']
type Original = Pick<Config, 'transformRequest' | 'transformResponse' | 'beforeRedirect'>

/** What `bearer` on a config says once its request is over; until then an {@link Attachment} stands there. */
export const SENT = 'sent'

/**
 * What is known of a request that carries a token. It stands on the config, where it survives `{ ...config }` and, its
 * fields being private, shows nothing: configs end up in errors and logs.
 */
export class Attachment {
  readonly #token: string
  readonly #bearer: Bearer
  readonly #original: Original
  #challenged: boolean | undefined

  /** Puts the token on a request's config, which is axios' own copy of what the caller passed. */
  constructor(config: Config, token: string, own: string | undefined, bearer: Bearer) {
    const { transformRequest, transformResponse, beforeRedirect } = config
    this.#token = token
    this.#bearer = bearer
    this.#original = { transformRequest, transformResponse, beforeRedirect } as Original
    let strayed = false
    config.bearer = this
    // Not by `set`, which takes longer than all the rest: the name is known to be absent, the value to be clean.
    config.headers.Authorization = `Bearer ${token}`
    // A challenge that is answered never reaches the application's transforms: they see one response.
    const isChallenge = (status: number, headers: ResponseHeaders): boolean =>
      (this.#challenged = !strayed && bearer.isChallenge(status, headers))
    config.transformResponse = function (data: unknown, headers, status = 0) {
      return isChallenge(status, headers) ? data : transform(transformResponse, this, data, headers, status)
    }
    if (typeof config.data === 'object') config.transformRequest = [...listOf(transformRequest), bufferForm]
    // axios up to 1.20 keeps the header on a redirect to a subdomain.
    config.beforeRedirect = (options, ...details) => {
      strayed = !bearer.mayCarryToken(originOf(String(options['href'])), own)
      if (strayed) Reflect.deleteProperty(options['headers'] as object, 'Authorization')
      beforeRedirect?.(options, ...details)
    }
  }

  /** Gives a config of `bearer`'s back what the caller had there; what is known of its request, if it had a token. */
  static settle(
    config: Config | undefined,
    bearer: Bearer,
  ): { token: string; challenged: boolean | undefined } | undefined {
    const attachment = config?.bearer
    if (!(attachment instanceof Attachment) || attachment.#bearer !== bearer) return undefined
    Object.assign(config ?? {}, attachment.#original, { bearer: SENT })
    return { token: attachment.#token, challenged: attachment.#challenged }
  }
}

/** Runs the application's own response transforms, as axios does. */
export function transform(
  transforms: Config['transformResponse'],
  config: Config,
  data: unknown,
  headers: ResponseHeaders,
  status: number,
): unknown {
  let transformed = data
  for (const next of listOf(transforms)) {
    transformed = next.call(config, transformed, headers as AxiosResponseHeaders, status)
  }
  return transformed
}

function listOf<T>(value: T | T[] | undefined): T[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value]
}
