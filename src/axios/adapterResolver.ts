import axios, { type AxiosAdapter, type AxiosInstance, type InternalAxiosRequestConfig } from 'axios'

type Config = InternalAxiosRequestConfig

/**
 * Finds the adapter that axios would use. The application's copy of axios may be another than this package's, and each
 * has adapters of its own: then the request goes through an instance of that copy that adds nothing to it.
 */
export function createAdapterResolver(instance: AxiosInstance): (config: Config) => AxiosAdapter {
  if (instance.interceptors.request.constructor === axios.interceptors.request.constructor)
    return (config) => axios.getAdapter(config.adapter ?? axios.defaults.adapter, config)
  const bare = instance.create()
  for (const key in bare.defaults) Reflect.deleteProperty(bare.defaults, key)
  return () => (config) => bare.request({ ...config, transformRequest: [], transformResponse: [] })
}
