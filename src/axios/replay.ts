import type { AxiosInstance, AxiosResponse, InternalAxiosRequestConfig } from 'axios'

/** Sends a request whose config has been through everything once, again with another token. */
export type Replay = (config: InternalAxiosRequestConfig, token: string) => Promise<AxiosResponse>

/**
 * Replays go below the application's interceptors and request transforms, which have seen the request already, but
 * through the application's own copy of axios: its adapters, whatever its version.
 */
export function createReplay(instance: AxiosInstance): Replay {
  let bare: AxiosInstance | undefined
  return (config, token) => {
    bare ??= withoutDefaults(instance.create())
    return bare.request({
      ...config,
      // A copy: adapters change the headers they are given. Not `toJSON`, which loses those that are switched off.
      headers: Object.assign({}, config.headers, { Authorization: `Bearer ${token}` }),
      transformRequest: [],
    })
  }
}

/** The config to replay is complete; what an interceptor took out of it must not come back. */
function withoutDefaults(instance: AxiosInstance): AxiosInstance {
  for (const key of Object.keys(instance.defaults)) Reflect.deleteProperty(instance.defaults, key)
  return instance
}
