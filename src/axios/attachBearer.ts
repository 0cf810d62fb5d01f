import type { AxiosInstance } from 'axios'
import type { BearerOptions } from '../http/bearer.js'
import type { TokenManager } from '../manager/types.js'
import { bearerInterceptors } from './bearerInterceptors.js'

/**
 * Makes an axios instance send the token to the allowed origins, by default the origin of the request's `baseURL`, and
 * answer a 401 by at most one replay with a fresh token. Returns what detaches it again.
 *
 * A request whose 401 stands rejects with its own `AxiosError`, whose `cause` is the {@link BearerError} that says why;
 * so does one that cannot be sent at all (`code: 'ERR_BEARER'`). Attaching twice changes nothing.
 *
 * @throws TypeError for a wrong option, BearerError for a closed manager
 */
export function attachBearer(
  instance: AxiosInstance,
  manager: TokenManager,
  options?: BearerOptions,
): () => void {
  const { request } = bearerInterceptors(instance, manager, options)
  const id = instance.interceptors.request.use(...request, undefined, { synchronous: true })
  return () => {
    instance.interceptors.request.eject(id)
  }
}
