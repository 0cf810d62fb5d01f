// What Amplify's own read of a good session costs, alone and guarded, by turns. Storage in memory, which answers at once.
// Usage: npm run build && node bench/amplifyRead.mjs
import { Amplify } from 'aws-amplify'
import { fetchAuthSession, signIn } from 'aws-amplify/auth'
import { cognitoUserPoolsTokenProvider } from 'aws-amplify/auth/cognito'
import { createTokenManager, guardAmplify } from 'amplify-bearer'
import { createUserPool } from 'amplify-bearer/testing'

const ROUNDS = 15
const CALLS = 5_000

console.warn = () => undefined
const items = new Map()
let reads = 0
const storage = {
  async getItem(key) {
    reads++
    return items.get(key) ?? null
  },
  async setItem(key, value) {
    items.set(key, value)
  },
  async removeItem(key) {
    items.delete(key)
  },
  async clear() {
    items.clear()
  },
}

async function measure(isGuarded) {
  const manager = createTokenManager()
  const undo = isGuarded ? guardAmplify(manager) : () => undefined
  for (let i = 0; i < 500; i++) await fetchAuthSession()
  reads = 0
  const startedMs = performance.now()
  for (let i = 0; i < CALLS; i++) await fetchAuthSession()
  const microseconds = ((performance.now() - startedMs) * 1000) / CALLS
  undo()
  manager.close()
  return { microseconds, readsPerCall: reads / CALLS }
}

const pool = createUserPool()
const endpoint = await pool.listen()
Amplify.configure(endpoint.amplifyConfig())
cognitoUserPoolsTokenProvider.setKeyValueStorage(storage)
await signIn({ username: 'alice', password: 'wonderland', options: { authFlowType: 'USER_PASSWORD_AUTH' } })

const results = { alone: [], guarded: [] }
for (let i = 0; i < ROUNDS; i++) {
  results.alone.push(await measure(false))
  results.guarded.push(await measure(true))
}
await pool.close()

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1]
for (const [name, rounds] of Object.entries(results)) {
  const microseconds = median(rounds.map((round) => round.microseconds)).toFixed(1)
  const reads = median(rounds.map((round) => round.readsPerCall)).toFixed(1)
  console.log(`fetchAuthSession ${name}: ${microseconds} µs, ${reads} storage reads a call`)
}
