import { Amplify } from 'aws-amplify'
import { signIn } from 'aws-amplify/auth'
import { cognitoUserPoolsTokenProvider } from 'aws-amplify/auth/cognito'
import type { AmplifyConfig } from '../../src/testing/index.js'

/** Points the real Amplify at a pool, with nobody signed in. */
export function configureAmplify(config: AmplifyConfig, storage = createStorage()): Storage {
  Amplify.configure(config)
  // Before 6.22, `configure` does that once.
  cognitoUserPoolsTokenProvider.setAuthConfig(config.Auth)
  // Only now: `configure` puts its own storage in.
  cognitoUserPoolsTokenProvider.setKeyValueStorage(storage)
  return storage
}

export function signInAs(username: string, password: string) {
  return signIn({ username, password, options: { authFlowType: 'USER_PASSWORD_AUTH' } })
}

export function signInAlice() {
  return signInAs('alice', 'wonderland')
}

export type Storage = ReturnType<typeof createStorage>

/** Key-value storage in memory; every operation waits for `operation`, as it would on a phone. */
export function createStorage(operation: () => Promise<unknown> = () => Promise.resolve()) {
  const items = new Map<string, string>()
  const counts = { reads: 0, writes: 0 }
  return {
    items,
    counts,
    /** What is stored under the key that ends so: `'.accessToken'`. */
    item: (ending: string) => [...items].find(([key]) => key.endsWith(ending))?.[1],
    async getItem(key: string) {
      counts.reads++
      await operation()
      return items.get(key) ?? null
    },
    async setItem(key: string, value: string) {
      counts.writes++
      await operation()
      items.set(key, value)
    },
    async removeItem(key: string) {
      await operation()
      items.delete(key)
    },
    clear() {
      items.clear()
      return Promise.resolve()
    },
  }
}
