// The race that signs users out: 30 callers within 60 ms, an expired token, storage that takes 2 to 6 ms an operation as on
// a phone, refresh token rotation without a grace period. The real aws-amplify alone against the manager and its guard, by
// turns. Usage: npm run build && node bench/race.mjs [RUNS]
import { setTimeout as pause } from 'node:timers/promises'
import { Amplify } from 'aws-amplify'
import { fetchAuthSession, signIn } from 'aws-amplify/auth'
import { cognitoUserPoolsTokenProvider } from 'aws-amplify/auth/cognito'
import { createTokenManager, guardAmplify } from 'amplify-bearer'
import { createUserPool } from 'amplify-bearer/testing'

const RUNS = Number(process.argv[2] ?? 200)
const CALLERS = 30
const WITHIN_MS = 60

console.warn = () => undefined

async function amplifyToken() {
  const { tokens } = await fetchAuthSession()
  return tokens?.accessToken.toString()
}

const WAYS = [
  { name: 'Amplify alone', guarded: false, call: () => amplifyToken },
  { name: 'fetchAuthSession, guarded', guarded: true, call: () => amplifyToken },
  { name: 'the manager, guarded', guarded: true, call: (manager) => manager.getToken },
  {
    name: 'both by turns, guarded',
    guarded: true,
    call: (manager, i) => (i % 2 ? amplifyToken : manager.getToken),
  },
]

const slowly = () => pause(2 + Math.random() * 4)

function slowStorage() {
  const items = new Map()
  const operation =
    (operate) =>
    async (...details) => {
      await slowly()
      return operate(...details)
    }
  return {
    items,
    getItem: operation((key) => items.get(key) ?? null),
    setItem: operation((key, value) => items.set(key, value)),
    removeItem: operation((key) => items.delete(key)),
    clear: operation(() => items.clear()),
  }
}

/** Alice is signed in, with tokens that expired an hour ago. */
async function signedInLongAgo(pool, storage) {
  const endpoint = await pool.listen()
  Amplify.configure(endpoint.amplifyConfig())
  cognitoUserPoolsTokenProvider.setKeyValueStorage(storage)
  await signIn({ username: 'alice', password: 'wonderland', options: { authFlowType: 'USER_PASSWORD_AUTH' } })
  const expired = await pool.issue('alice', { issuedAgoMs: 7_200_000 })
  for (const key of storage.items.keys()) {
    const token = expired[key.slice(key.lastIndexOf('.') + 1)]
    if (token) storage.items.set(key, token)
  }
}

async function run({ guarded, call }) {
  const pool = createUserPool({ rotation: { gracePeriodMs: 0 }, latencyMs: 20 })
  const storage = slowStorage()
  await signedInLongAgo(pool, storage)
  const manager = guarded ? createTokenManager() : undefined
  const undo = guarded ? guardAmplify(manager) : undefined
  const startedMs = performance.now()
  const found = await Promise.all(
    Array.from({ length: CALLERS }, async (_, i) => {
      await pause(Math.random() * WITHIN_MS)
      return call(manager, i)().catch(() => undefined)
    }),
  )
  const tookMs = performance.now() - startedMs
  // Amplify does not wait for tokens to be cleared from storage.
  await pause(60)
  undo?.()
  manager?.close()
  await pool.close()
  return {
    tookMs,
    signedOut: ![...storage.items.keys()].some((key) => key.endsWith('.refreshToken')),
    failed: found.filter((token) => !token).length,
    refreshes: pool.callCount('GetTokensFromRefreshToken'),
  }
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1]
const sum = (values) => values.reduce((a, b) => a + b, 0)
const results = new Map(WAYS.map((way) => [way, []]))
for (let i = 0; i < RUNS; i++) for (const way of WAYS) results.get(way).push(await run(way))

console.log(`${CALLERS} callers within ${WITHIN_MS} ms, ${RUNS} runs each`)
for (const [{ name }, runs] of results) {
  const refreshes = runs.map((one) => one.refreshes)
  console.log(
    `${name}: signed out in ${runs.filter((one) => one.signedOut).length} runs, ` +
      `${sum(runs.map((one) => one.failed))} of ${RUNS * CALLERS} calls failed, ` +
      `refreshes a run ${(sum(refreshes) / RUNS).toFixed(2)} (at most ${Math.max(...refreshes)}), ` +
      `all answered after ${median(runs.map((one) => one.tookMs)).toFixed(0)} ms`,
  )
}
process.exit()
