import { AxiosError, type InternalAxiosRequestConfig } from 'axios'
import type { BearerError } from '../errors.js'
import { isOneShot } from '../http/body.js'

/** A request that could not be sent fails as axios' requests do; its `cause` says why. */
export function cannotSend(cause: BearerError, config: InternalAxiosRequestConfig): AxiosError {
  return Object.assign(new AxiosError(cause.message, 'ERR_BEARER', config), { cause })
}

/**
 * Gives a response or an error the application's own config back, and keeps the token out of logs: Node's request, which
 * hangs on both and on a response stream, is printed with its headers. So is that of an error which axios' fetch adapter
 * wraps in another.
 */
export function conceal(outcome: unknown, config: InternalAxiosRequestConfig): void {
  if (typeof outcome !== 'object' || outcome === null) return
  const { response, data, cause } = outcome as Partial<AxiosError & AxiosError['response']>
  if ('config' in outcome) outcome.config = config
  hide(outcome, 'request')
  hide(outcome, 'req')
  conceal(response, config)
  conceal(cause, config)
  if (isOneShot(data)) conceal(data, config)
}

function hide(holder: object, key: string): void {
  if (key in holder) Object.defineProperty(holder, key, { enumerable: false })
}
