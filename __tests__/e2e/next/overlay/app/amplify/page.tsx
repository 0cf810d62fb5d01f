'use client'

import { createTokenManager, guardAmplify } from 'amplify-bearer'
import { serverTokenProvider } from 'amplify-bearer/next'
import { Amplify } from 'aws-amplify'
import { fetchAuthSession } from 'aws-amplify/auth'
import { useEffect, useState } from 'react'
import { amplifyConfig } from '../../lib/config'

Amplify.configure(amplifyConfig, { ssr: true })

/** Amplify, which refreshes for itself in the browser: alone, with the guard, and with the guard asking the server. */
export default function AmplifyInTheBrowser() {
  const [isReady, setReady] = useState(false)
  useEffect(() => {
    const kind = new URLSearchParams(location.search).get('with')
    if (kind === 'guard') guardAmplify(createTokenManager())
    if (kind === 'server') guardAmplify(createTokenManager({ tokenProvider: serverTokenProvider() }))
    Object.assign(window, {
      refreshByAmplify: () =>
        fetchAuthSession({ forceRefresh: true }).then(
          ({ tokens }) => (tokens ? 'refreshed' : 'nobody'),
          (error: Error) => error.name,
        ),
    })
    setReady(true)
  }, [])
  return <p>{isReady ? 'ready' : ''}</p>
}
