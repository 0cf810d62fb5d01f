import type { AxiosResponse, AxiosResponseHeaders, InternalAxiosRequestConfig } from 'axios'
import type { Bearer } from '../http/bearer.js'
import { guardRedirects } from './redirects.js'

type Config = InternalAxiosRequestConfig

/** What is known of a request that carries a token, until it is over. */
export interface Attachment {
  readonly token: string
  /** What the application had on the config. */
  readonly original: Pick<Config, 'transformRequest' | 'transformResponse' | 'beforeRedirect'>
  /** Whether the response is a challenge, and not transformed yet; `undefined`: nobody has found it to be one. */
  isChallenge?: boolean
}

/** Puts the token on a config that is about to be sent, after all interceptors have seen it. */
export function attach(
  config: Config,
  token: string,
  header: string,
  own: string | undefined,
  bearer: Bearer,
  transformRequest: Config['transformRequest'],
): Attachment {
  const { transformResponse, beforeRedirect } = config
  const attachment: Attachment = {
    token,
    original: { transformRequest, transformResponse, beforeRedirect } as Attachment['original'],
  }
  const redirects = guardRedirects(config, own, bearer)
  // Not by `set`, which takes longer than all the rest: the name is known to be absent, the value to be clean.
  config.headers.Authorization = header
  config.transformResponse = [
    function (data: unknown, headers, status = 0) {
      const isChallenge = !redirects.strayed && bearer.isChallenge(status, headers)
      if (isChallenge || redirects.strayed) attachment.isChallenge = isChallenge
      // A challenge that is answered never reaches the application's transforms: they see one response.
      return isChallenge ? data : transform(transformResponse, this, data, headers, status)
    },
  ]
  return attachment
}

/** Runs the application's own transforms, as axios does. */
export function transform(
  transforms: Config['transformResponse'] | null,
  config: Config,
  data: unknown,
  headers: AxiosResponse['headers'],
  status?: number,
): unknown {
  let transformed = data
  for (const next of listOf(transforms)) {
    transformed = next.call(config, transformed, headers as AxiosResponseHeaders, status)
  }
  return transformed
}

export function listOf<T>(value: T | T[] | null | undefined): T[] {
  return Array.isArray(value) ? value : value ? [value] : []
}
