import type { InternalAxiosRequestConfig } from 'axios'
import type { Bearer } from '../http/bearer.js'

/** What stands on the config while a request that carries a token is under way; never the token itself. */
export interface Attachment {
  /** Whose interceptors put it there. */
  readonly by: Bearer
  /** What the caller had on the config. */
  readonly original: Pick<
    InternalAxiosRequestConfig,
    'transformRequest' | 'transformResponse' | 'beforeRedirect'
  >
  /** Whether the response is a challenge, and not transformed yet; `undefined`: nobody has found it to be one. */
  isChallenge?: boolean
}

declare module 'axios' {
  // No type parameters: axios' own have changed in number, and each has a default.
  interface AxiosRequestConfig {
    /** `false` sends this request without the token. @default true */
    bearer?: boolean | 'sent' | Attachment
  }
}
