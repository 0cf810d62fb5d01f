import { Amplify } from 'aws-amplify'
import { signIn } from 'aws-amplify/auth'
import { cognitoUserPoolsTokenProvider } from 'aws-amplify/auth/cognito'
import type { AmplifyConfig } from '../../src/testing/index.js'

/** Points the real Amplify at a pool, with nobody signed in. */
export function configureAmplify(config: AmplifyConfig): void {
  Amplify.configure(config)
  // Only now: `configure` puts its own storage in.
  cognitoUserPoolsTokenProvider.setKeyValueStorage(memoryStorage())
}

export function signInAs(username: string, password: string) {
  return signIn({ username, password, options: { authFlowType: 'USER_PASSWORD_AUTH' } })
}

export function signInAlice() {
  return signInAs('alice', 'wonderland')
}

function memoryStorage() {
  const items = new Map<string, string>()
  const done = Promise.resolve()
  return {
    getItem: (key: string) => Promise.resolve(items.get(key) ?? null),
    setItem(key: string, value: string) {
      items.set(key, value)
      return done
    },
    removeItem(key: string) {
      items.delete(key)
      return done
    },
    clear() {
      items.clear()
      return done
    },
  }
}
