import { http } from 'msw'
import { setupServer } from 'msw/node'
import { amplifyConfig } from './lib/config'

const { userPoolId } = amplifyConfig.Auth.Cognito
const jwksUrl = process.env.JWKS_URL

// Amplify's adapter checks tokens against the keys at their issuer, which is not here.
if (jwksUrl) {
  const keys = `https://cognito-idp.us-east-1.amazonaws.com/${userPoolId}/.well-known/jwks.json`
  setupServer(http.get(keys, () => fetch(jwksUrl))).listen({ onUnhandledRequest: 'bypass' })
}
