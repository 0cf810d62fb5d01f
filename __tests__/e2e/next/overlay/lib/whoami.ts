import { isBearerError, wrapFetch, type TokenManager } from 'amplify-bearer'
import { attachBearer } from 'amplify-bearer/axios'
import axios from 'axios'
import { apiOrigin } from './config'

/** What the API answers, or why the request could not be made. */
export async function whoami(tokens: TokenManager) {
  const api = wrapFetch(fetch, tokens, { allowedOrigins: [apiOrigin] })
  try {
    const response = await api(`${apiOrigin}/me`)
    return { status: response.status, username: await response.text() }
  } catch (error) {
    if (!isBearerError(error)) throw error
    return { status: 503, code: error.code }
  }
}

export async function whoamiByAxios(tokens: TokenManager) {
  const client = axios.create({ baseURL: apiOrigin, validateStatus: () => true })
  attachBearer(client, tokens)
  try {
    const { status, data } = await client.get<string>('/me')
    return { status, username: data }
  } catch (error) {
    const { cause } = error as Error
    if (!isBearerError(cause)) throw error
    return { status: 503, code: cause.code }
  }
}
