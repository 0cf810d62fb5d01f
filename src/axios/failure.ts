import { AxiosError, type InternalAxiosRequestConfig } from 'axios'
import type { BearerError } from '../errors.js'

/** A request that could not be sent fails as axios' requests do; its `cause` says why. */
export function cannotSend(cause: BearerError, config: InternalAxiosRequestConfig): AxiosError {
  return Object.assign(new AxiosError(cause.message, 'ERR_BEARER', config), { cause })
}

/** Keeps the token out of logs: errors are printed with their config, and Node's request object shows its headers. */
export function conceal(error: AxiosError): void {
  error.config?.headers.delete('Authorization')
  for (const holder of [error, error.response]) {
    if (holder) Object.defineProperty(holder, 'request', { enumerable: false })
  }
}
