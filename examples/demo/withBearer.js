import { createTokenManager, wrapFetch } from 'amplify-bearer'
import { attachBearer } from 'amplify-bearer/axios'
import axios from 'axios'

/** What this package is for: one token manager, and both clients attached to it. */
export function withBearer(baseURL) {
  const tokens = createTokenManager()
  const instance = axios.create({ baseURL })
  attachBearer(instance, tokens)

  return {
    axios: instance,
    fetch: wrapFetch(fetch, tokens, { allowedOrigins: [baseURL] }),
    onSessionEnd: (listener) =>
      tokens.subscribe(({ type }) => {
        if (/^(sessionExpired|signedOut)$/.test(type)) listener(type)
      }),
    close: tokens.close,
  }
}
