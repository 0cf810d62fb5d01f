import type { InternalAxiosRequestConfig } from 'axios'
import type { AbortSignalLike } from '../manager/types.js'

/** The request's signal, or its cancel token (deprecated, but part of axios 1) seen as one. */
export function signalOf({ signal, cancelToken }: InternalAxiosRequestConfig): AbortSignalLike | undefined {
  if (signal || !cancelToken) return signal
  return {
    get aborted() {
      return !!cancelToken.reason
    },
    addEventListener: (_, listener) => {
      cancelToken.subscribe(listener)
    },
    removeEventListener: (_, listener) => {
      cancelToken.unsubscribe(listener)
    },
  }
}
