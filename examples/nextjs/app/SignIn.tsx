'use client'

import { signIn } from 'aws-amplify/auth'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
// Configures Amplify.
import '../lib/browserApi'

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
      router.refresh()
    } catch (error) {
      setFailure(String(error))
    }
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
