import type { AxiosError, InternalAxiosRequestConfig } from 'axios'
import { isOneShot } from '../http/body.js'

/**
 * Gives a response or an error the application's own config back, and keeps the token out of logs: Node's request, which
 * hangs on both and on a response stream, is printed with its headers. So is that of an error which axios' fetch adapter
 * wraps in another.
 */
export function conceal(outcome: unknown, config: InternalAxiosRequestConfig): void {
  if (Object(outcome) !== outcome) return
  const told = outcome as Partial<AxiosError & AxiosError['response']>
  const { config: sent, response, data, cause } = told
  if (sent) {
    // Another copy of axios has sent a config of its own, which later errors of a response stream show.
    sent.headers = config.headers
    told.config = config
  }
  for (const key of ['request', 'req', 'socket', 'client'])
    if (key in told) Object.defineProperty(told, key, { enumerable: false })
  conceal(response, config)
  if (isOneShot(data)) conceal(data, config)
  conceal(cause, config)
}
