import { AxiosError, type InternalAxiosRequestConfig } from 'axios'
import type { BearerError } from '../errors.js'

/** A request that could not be sent fails as axios' requests do; its `cause` says why. */
export function cannotSend(cause: BearerError, config: InternalAxiosRequestConfig): AxiosError {
  return Object.assign(new AxiosError(cause.message, 'ERR_BEARER', config), { cause })
}

/**
 * Keeps the token out of logs: errors are printed with their config, and Node's request, which hangs on the error, its
 * response and a response stream, shows its headers. So does the error that axios' fetch adapter wraps in another.
 */
export function conceal(error: unknown): void {
  if (typeof error !== 'object' || error === null) return
  const { config, response, cause } = error as Partial<AxiosError>
  const { headers } = (config ?? {}) as Partial<InternalAxiosRequestConfig>
  delete headers?.Authorization
  hide(error, 'request')
  hide(response, 'request')
  hide(response?.data, 'req')
  conceal(cause)
}

function hide(holder: unknown, key: string): void {
  if (typeof holder === 'object' && holder !== null && key in holder) {
    Object.defineProperty(holder, key, { enumerable: false })
  }
}
