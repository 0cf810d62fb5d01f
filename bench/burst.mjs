// 100 parallel requests on an expired, and on a revoked token, against one refresh plus two plain rounds of 100 requests.
// The real aws-amplify, a local pool and a local API that each take 20 ms a call. Usage: npm run build && node bench/burst.mjs
import { createServer } from 'node:http'
import { Amplify } from 'aws-amplify'
import { signIn } from 'aws-amplify/auth'
import axios from 'axios'
import { createTokenManager } from 'amplify-bearer'
import { attachBearer } from 'amplify-bearer/axios'
import { createUserPool } from 'amplify-bearer/testing'

const ROUNDS = 15
const REQUESTS = 100
const LATENCY_MS = 20
const HOUR_MS = 3_600_000

console.warn = () => undefined
const pool = createUserPool({
  latencyMs: LATENCY_MS,
  accessTokenValidityMs: HOUR_MS,
  refreshTokenValidityMs: 1000 * HOUR_MS,
})
const endpoint = await pool.listen()
let refused = ''
let sends = 0
// No signature is checked here: it is the waiting that is measured, not the cryptography of a server in the same process.
const api = createServer((request, response) => {
  sends++
  setTimeout(
    () => response.writeHead(request.headers.authorization === refused ? 401 : 200).end('{}'),
    LATENCY_MS,
  )
})
await new Promise((resolve) => api.listen(0, '127.0.0.1', resolve))
const baseURL = `http://127.0.0.1:${api.address().port}`

Amplify.configure(endpoint.amplifyConfig())
await signIn({ username: 'alice', password: 'wonderland', options: { authFlowType: 'USER_PASSWORD_AUTH' } })
const tokens = createTokenManager()
const plain = axios.create({ baseURL })
const client = axios.create({ baseURL })
attachBearer(client, tokens)

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1]
const round = (instance) => Promise.all(Array.from({ length: REQUESTS }, () => instance.get('/')))
async function milliseconds(task) {
  const start = performance.now()
  await task()
  return performance.now() - start
}

const realNow = Date.now
let aheadMs = 0
Date.now = () => realNow() + aheadMs

await round(plain)
await round(client)
const samples = { expired: [], revoked: [] }
let refreshesTooMany = 0
for (let i = 0; i < ROUNDS; i++) {
  for (const [name, spoil] of [
    ['expired', () => (aheadMs += HOUR_MS)],
    ['revoked', async () => (refused = `Bearer ${await tokens.getToken()}`)],
  ]) {
    const plainMs = await milliseconds(() => round(plain))
    const refreshMs = await milliseconds(() => tokens.getToken({ forceRefresh: true }))
    await spoil()
    const before = pool.callCount('GetTokensFromRefreshToken')
    const burstMs = await milliseconds(() => round(client))
    refreshesTooMany += pool.callCount('GetTokensFromRefreshToken') - before - 1
    samples[name].push({ plainMs, refreshMs, burstMs, ratio: burstMs / (refreshMs + 2 * plainMs) })
  }
}
for (const [name, rows] of Object.entries(samples)) {
  const of = (key) => median(rows.map((row) => row[key]))
  console.log(
    `${REQUESTS} requests, token ${name}: ${of('burstMs').toFixed(0)} ms; one refresh ${of('refreshMs').toFixed(0)} ms, ` +
      `plain round ${of('plainMs').toFixed(0)} ms; ratio to one refresh + two rounds ${of('ratio').toFixed(2)} (promised: at most 1.1)`,
  )
}
console.log(`refreshes beyond one a burst: ${refreshesTooMany}; sends ${sends}`)
tokens.close()
await pool.close()
api.close()
api.closeAllConnections()
