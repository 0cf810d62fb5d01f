import type { AxiosResponse, AxiosResponseHeaders, InternalAxiosRequestConfig } from 'axios'
import type { Bearer } from '../http/bearer.js'
import { originOf } from '../http/origin.js'
import { bufferForm } from './form.js'

type Config = InternalAxiosRequestConfig
type Transforms = Config['transformResponse']

/** What is known of a request that carries a token, from its start to its response. */
export interface Attachment {
  readonly token: string
  /** Whether the response asks for a fresh token. */
  challenged?: boolean
  /** What the caller had on the config. */
  readonly original: Pick<Config, 'transformRequest' | 'transformResponse' | 'beforeRedirect'>
}

/** Puts the token on a request's config, which is axios' own copy of what the caller passed. */
export function attach(config: Config, token: string, own: string | undefined, bearer: Bearer): Attachment {
  const { transformRequest, transformResponse, beforeRedirect } = config
  const original = { transformRequest, transformResponse, beforeRedirect } as Attachment['original']
  const attachment: Attachment = { token, original }
  let strayed = false
  config.headers.set('Authorization', `Bearer ${token}`)
  // A challenge that is answered never reaches the application's transforms: they see one response.
  config.transformResponse = function (data: unknown, headers, status = 0) {
    attachment.challenged = !strayed && bearer.isChallenge(viewOf(status, headers))
    return attachment.challenged ? data : transform(transformResponse, this, { data, headers, status })
  }
  if (typeof config.data === 'object') config.transformRequest = [...listOf(transformRequest), bufferForm]
  // axios up to 1.20 keeps the header on a redirect to a subdomain.
  config.beforeRedirect = (options, ...details) => {
    strayed = !bearer.mayCarryToken(originOf(String(options['href'])), own)
    if (strayed) Reflect.deleteProperty(options['headers'] as object, 'Authorization')
    beforeRedirect?.(options, ...details)
  }
  return attachment
}

/** Runs the application's own response transforms, as axios does. */
export function transform(
  transforms: Transforms,
  config: Config,
  { data, headers, status }: Pick<AxiosResponse<unknown>, 'data' | 'headers' | 'status'>,
): unknown {
  return listOf(transforms).reduce<unknown>(
    (transformed, next) => next.call(config, transformed, headers as AxiosResponseHeaders, status),
    data,
  )
}

/** An axios response as `shouldRefresh` sees it; its headers are converted only if they are looked at. */
export function viewOf(
  status: number,
  headers: AxiosResponse['headers'],
): { status: number; headers: Headers } {
  return {
    status,
    get headers() {
      return new Headers((headers as AxiosResponseHeaders).toJSON(true))
    },
  }
}

function listOf<T>(value: T | T[] | undefined): T[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value]
}
