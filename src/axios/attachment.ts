import type { AxiosResponse, AxiosResponseHeaders, InternalAxiosRequestConfig } from 'axios'
import type { Bearer } from '../http/bearer.js'
import { originOf } from '../http/origin.js'
import type { Attachment } from './augment.js'
import { bufferForm } from './form.js'

type Config = InternalAxiosRequestConfig

/** Those of follow-redirects, which axios uses in Node. */
interface RedirectOptions {
  href: string
  headers: { Authorization?: string }
}

/** Puts the token on a request's config, which is axios' own copy of what the caller passed. */
export function attach(config: Config, token: string, own: string | undefined, by: Bearer): void {
  const { transformRequest, transformResponse, beforeRedirect } = config
  const original = { transformRequest, transformResponse, beforeRedirect } as Attachment['original']
  let strayed = false
  config.bearer = { by, original }
  // Not by `set`, which takes longer than all the rest: the name is known to be absent, the value to be clean.
  config.headers.Authorization = `Bearer ${token}`
  config.transformResponse = [
    function (data: unknown, headers, status = 0) {
      const attachment = attachmentOf(this, by)
      const isChallenge = !strayed && by.isChallenge(status, headers)
      if (attachment && (isChallenge || strayed)) attachment.isChallenge = isChallenge
      // A challenge that is answered never reaches the application's transforms: they see one response.
      return attachment?.isChallenge ? data : transform(transformResponse, this, data, headers, status)
    },
  ]
  if (typeof config.data === 'object') config.transformRequest = [...listOf(transformRequest), bufferForm]
  // axios up to 1.20 keeps the header on a redirect to a subdomain.
  config.beforeRedirect = (options, ...details) => {
    const { href, headers } = options as RedirectOptions
    strayed = !by.mayCarryToken(originOf(href), own)
    if (strayed) delete headers.Authorization
    beforeRedirect?.(options, ...details)
  }
}

/** What `by` attached to a request under way, if it did: it survives `{ ...config }`. */
export function attachmentOf(config: Config | undefined, by: Bearer): Attachment | undefined {
  const attachment = config?.bearer
  return typeof attachment === 'object' && attachment.by === by ? attachment : undefined
}

/** Runs the application's own response transforms, as axios does. */
export function transform(
  transforms: Config['transformResponse'],
  config: Config,
  data: unknown,
  headers: AxiosResponse['headers'],
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
