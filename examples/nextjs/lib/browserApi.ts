'use client'

import { createTokenManager, guardAmplify, wrapFetch } from 'amplify-bearer'
import { serverTokenProvider } from 'amplify-bearer/next'
import { Amplify } from 'aws-amplify'
import { amplifyConfig, apiOrigin } from './config'

// Sign-in writes the session's cookies here, in the browser.
Amplify.configure(amplifyConfig, { ssr: true })

// From then on the server keeps the tokens fresh.
export const tokens = createTokenManager({ tokenProvider: serverTokenProvider() })
guardAmplify(tokens)

export const browserApi = wrapFetch(fetch, tokens, { allowedOrigins: [apiOrigin] })
