import axios, { type AxiosAdapter, type AxiosInstance, type InternalAxiosRequestConfig } from 'axios'

type Config = InternalAxiosRequestConfig

/**
 * Finds the adapter that axios would use. The application's copy of axios may be another than this package's, and each
 * has adapters of its own: then the request goes through an instance of that copy that adds nothing to it.
 */
export function createAdapterResolver(instance: AxiosInstance): (config: Config) => AxiosAdapter {
  if (instance.interceptors.request.constructor === axios.interceptors.request.constructor)
    return (config) => axios.getAdapter(config.adapter, config)
  const bare = instance.create()
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- they are this instance's own
  for (const key in bare.defaults) delete bare.defaults[key as keyof typeof bare.defaults]
  return () => (config) => bare.request({ ...config, transformRequest: [], transformResponse: [] })
}
