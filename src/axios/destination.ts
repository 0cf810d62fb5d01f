import type { InternalAxiosRequestConfig } from 'axios'
import { originOf } from '../http/origin.js'

/** Where a request goes, and which origin is its client's own. */
export interface Destination {
  readonly target: string | undefined
  readonly own: string | undefined
}

/** What axios takes for an absolute URL, which it does not put behind the base URL. */
const ABSOLUTE = /^([a-z][a-z\d+.-]*:)?\/\//i

/** Reads destinations; the base URL, nearly always the one before, is read once. */
export function createDestinationReader(): (config: InternalAxiosRequestConfig) => Destination {
  let lastBaseURL: string | undefined
  let own: string | undefined
  return ({ baseURL, url = '', allowAbsoluteUrls }) => {
    if (baseURL !== lastBaseURL) {
      lastBaseURL = baseURL
      own = originOf(baseURL ?? '')
    }
    const target = baseURL && !ABSOLUTE.test(url) ? own : originOf(url)
    // Not every axios heeds allowAbsoluteUrls: such a request may go to either.
    return { target: allowAbsoluteUrls === false && target !== own ? undefined : target, own }
  }
}
