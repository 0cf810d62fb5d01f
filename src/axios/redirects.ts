import type { InternalAxiosRequestConfig } from 'axios'
import type { Bearer } from '../http/bearer.js'
import { originOf } from '../http/origin.js'

/** Those of follow-redirects, which axios uses in Node. */
interface RedirectOptions {
  href: string
  headers: { Authorization?: string }
}

/** Takes the token off where a redirect leads to a stranger: axios up to 1.20 keeps it on the way to a subdomain. */
export function guardRedirects(
  config: InternalAxiosRequestConfig,
  own: string | undefined,
  bearer: Bearer,
): { strayed: boolean } {
  const { beforeRedirect } = config
  const redirects = { strayed: false }
  config.beforeRedirect = (options, ...details) => {
    const { href, headers } = options as RedirectOptions
    redirects.strayed = !bearer.mayCarryToken(originOf(href), own)
    if (redirects.strayed) delete headers.Authorization
    beforeRedirect?.(options, ...details)
  }
  return redirects
}
