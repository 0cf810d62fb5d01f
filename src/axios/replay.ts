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
    bare ??= instance.create()
    // Those of the defaults are in the config; one that the application took out must not come back.
    bare.defaults.headers = {} as AxiosInstance['defaults']['headers']
    return bare.request({
      ...config,
      // A copy: adapters change the headers they are given.
      headers: { ...config.headers.toJSON(), Authorization: `Bearer ${token}` },
      transformRequest: [],
      bearer: false,
    })
  }
}
