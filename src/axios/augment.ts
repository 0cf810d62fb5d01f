import type {} from 'axios'

declare module 'axios' {
  // No type parameters: axios' own have changed in number, and each has a default.
  interface AxiosRequestConfig {
    /** `false` sends this request without the token. @default true */
    bearer?: boolean
  }
}
