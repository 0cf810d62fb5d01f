import { createTokenManager, guardAmplify, wrapFetch } from 'amplify-bearer'
import { attachBearer } from 'amplify-bearer/axios'
import axios from 'axios'

/** What this package is for: one token manager, to which both clients are attached, and Amplify's own calls. */
export function withBearer(baseURL) {
  const tokens = createTokenManager()
  const undoGuard = guardAmplify(tokens)
  const instance = axios.create({ baseURL })
  attachBearer(instance, tokens)

  return {
    axios: instance,
    fetch: wrapFetch(fetch, tokens, { allowedOrigins: [baseURL] }),
    onSessionEnd: (listener) =>
      tokens.subscribe(({ type }) => {
        if (/^(sessionExpired|signedOut)$/.test(type)) listener(type)
      }),
    close() {
      undoGuard()
      tokens.close()
    },
  }
}
