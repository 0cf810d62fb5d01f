import { fetchAuthSession } from 'aws-amplify/auth'
import axios, { type AxiosError, type InternalAxiosRequestConfig } from 'axios'
import type { Client } from './oneTab.js'
import { MINUTE_MS } from './week.js'

/** The widely used recipe, as the README has it: nothing in it is made worse than it is found. */
export function plainRecipe(baseURL: string): Client {
  const instance = axios.create({ baseURL, adapter: 'fetch' })

  instance.interceptors.request.use(async (config) => {
    const token = await currentToken()
    if (token) config.headers.Authorization = `Bearer ${token}`
    return config
  })

  instance.interceptors.response.use(undefined, async (error: AxiosError) => {
    const config = error.config as InternalAxiosRequestConfig & { retried?: boolean }
    if (error.response?.status !== 401 || config.retried) throw error
    config.retried = true
    await fetchAuthSession({ forceRefresh: true })
    return instance(config)
  })

  async function send(url: string): Promise<Response> {
    const token = await currentToken()
    return fetch(url, { headers: token ? { Authorization: `Bearer ${token}` } : {} })
  }

  return {
    axios: instance,
    /** The same for fetch. */
    async fetch(url) {
      const response = await send(url)
      if (response.status !== 401) return response
      await fetchAuthSession({ forceRefresh: true })
      return send(url)
    },
    replace: async () => (await fetchAuthSession({ forceRefresh: true })).tokens?.accessToken,
    close: () => undefined,
  }
}

async function currentToken(): Promise<string | undefined> {
  let { tokens } = await fetchAuthSession()
  const expiresAtMs = tokens ? Number(tokens.accessToken.payload.exp) * 1_000 : Infinity
  if (expiresAtMs - Date.now() < 5 * MINUTE_MS) ({ tokens } = await fetchAuthSession({ forceRefresh: true }))
  return tokens?.accessToken.toString()
}
