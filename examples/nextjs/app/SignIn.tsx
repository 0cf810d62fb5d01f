'use client'

import { signIn } from 'aws-amplify/auth'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
// Configures Amplify.
import { tokens } from '../lib/browserApi'

export function SignIn() {
  const router = useRouter()
  const [failure, setFailure] = useState('')

  async function submit(form: FormData) {
    try {
      await signIn({
        username: String(form.get('username')),
        password: String(form.get('password')),
        // The local user pool knows no SRP, Amplify's default.
        options: { authFlowType: 'USER_PASSWORD_AUTH' },
      })
    } catch (error) {
      if (!(error instanceof Error && error.name === 'UserAlreadyAuthenticatedException'))
        return setFailure(String(error))
      // Their token was revoked before its time, which a Server Component cannot mend.
      await tokens.getToken({ forceRefresh: true }).catch(() => null)
    }
    router.refresh()
  }

  return (
    <form action={submit}>
      <input name="username" aria-label="User name" autoComplete="username" defaultValue="alice" />
      <input
        name="password"
        aria-label="Password"
        type="password"
        autoComplete="current-password"
        defaultValue="wonderland"
      />
      <button>Sign in</button>
      <p role="alert">{failure}</p>
    </form>
  )
}
