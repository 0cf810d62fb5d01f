import type { InternalAxiosRequestConfig } from 'axios'
import { originOf } from '../http/origin.js'

/** Those of follow-redirects, which axios uses in Node. */
interface RedirectOptions {
  href: string
  headers: { Authorization?: string }
}

/** Takes the token off where a redirect leads to a stranger: axios up to 1.20 keeps it on the way to a subdomain. */
export function guardRedirects(
  { beforeRedirect }: InternalAxiosRequestConfig,
  mayCarryToken: (origin: string | undefined) => boolean,
): NonNullable<InternalAxiosRequestConfig['beforeRedirect']> {
  return (options, ...details) => {
    const { href, headers } = options as RedirectOptions
    if (!mayCarryToken(originOf(href))) delete headers.Authorization
    beforeRedirect?.(options, ...details)
  }
}
