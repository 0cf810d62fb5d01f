import { platform } from '../platform.js'

/**
 * `scheme://host[:port]` and nothing that a URL parser would have to repair: no user info, no escapes, no backslashes,
 * no spaces. What does not fit is no origin, and gets no token. Not `URL`: React Native's is a set of regular
 * expressions that would answer differently from a browser's.
 */
const ORIGIN = /^https?:\/\/([a-z\d._-]+|\[[a-f\d:.]+\])(:[1-9]\d*)?(?=[/?#]|$)/
const DEFAULT_PORT = /^(http:.*):80$|^(https:.*):443$/
const SECURE = /^https:|^http:\/\/((.+\.)?localhost|127\.[\d.]+|\[::1])(:\d+)?$/

/** The page's own origin; `undefined` where there is no page, or one without an origin (`file:`). */
export function pageOrigin(): string | undefined {
  return platform.location && parseOrigin(platform.location.href)
}

/**
 * The origin that a request to `url` goes to; `undefined` where that is not certain. Browsers resolve relative URLs and
 * repair sloppy ones; only they have an address to resolve against, and a `URL` to trust.
 */
export function originOf(url: string): string | undefined {
  const base = platform.document?.baseURI ?? platform.location?.href
  try {
    return parseOrigin(url) ?? (base && parseOrigin(new URL(url, base).href))
  } catch {
    return undefined
  }
}

/** The origin of an absolute URL, lower-case and without a default port. */
export function parseOrigin(url: string): string | undefined {
  return ORIGIN.exec(url.toLowerCase())?.[0].replace(DEFAULT_PORT, '$1$2')
}

/** Whether a token travels encrypted, or never leaves the machine. */
export function isSecure(origin: string): boolean {
  return SECURE.test(origin)
}
