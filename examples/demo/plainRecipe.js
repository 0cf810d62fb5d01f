import { fetchAuthSession } from 'aws-amplify/auth'
import { Hub } from 'aws-amplify/utils'
import axios from 'axios'

const WINDOW_MS = 5 * 60_000

/** The widely used recipe, as it is found in answers and blog posts: nothing in it is made worse than it is there. */
export function plainRecipe(baseURL) {
  const instance = axios.create({ baseURL })

  instance.interceptors.request.use(async (config) => {
    const token = await currentToken()
    if (token) config.headers.Authorization = `Bearer ${token}`
    return config
  })

  instance.interceptors.response.use(undefined, async (error) => {
    const { config, response } = error
    if (response?.status !== 401 || config._retry) throw error
    config._retry = true
    await fetchAuthSession({ forceRefresh: true })
    return instance(config)
  })

  /** The same for fetch. */
  async function plainFetch(url) {
    const response = await send(url)
    if (response.status !== 401) return response
    await response.body?.cancel()
    await fetchAuthSession({ forceRefresh: true })
    return send(url)
  }

  async function send(url) {
    const token = await currentToken()
    return fetch(url, { headers: token ? { Authorization: `Bearer ${token}` } : {} })
  }

  return {
    axios: instance,
    fetch: plainFetch,
    /** All that an app can listen to: Amplify's own event, which says the same when the network is down. */
    onSessionEnd: (listener) =>
      Hub.listen('auth', ({ payload }) => {
        if (/^(tokenRefresh_failure|signedOut)$/.test(payload.event)) listener(payload.event)
      }),
    close() {},
  }
}

async function currentToken() {
  let { tokens } = await fetchAuthSession()
  const expiresAtMs = tokens ? tokens.accessToken.payload.exp * 1000 : Infinity
  if (expiresAtMs - Date.now() < WINDOW_MS) ({ tokens } = await fetchAuthSession({ forceRefresh: true }))
  return tokens?.accessToken.toString()
}
