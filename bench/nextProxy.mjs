// What the proxy costs a request whose token is in hand, beside a proxy that does nothing: rounds of both, interleaved.
// Usage: npm run build && node bench/nextProxy.mjs
import { createServerSession } from 'amplify-bearer/next'
import { createUserPool } from 'amplify-bearer/testing'
import { NextRequest, NextResponse } from 'next/server.js'

const ROUNDS = 30
const REQUESTS = 1_000

const pool = createUserPool()
const { accessToken, idToken } = await pool.issue()
const cookies = { LastAuthUser: 'alice', 'alice.accessToken': accessToken, 'alice.idToken': idToken }
// Cognito's are encrypted, and as long as this.
const all = { ...cookies, 'alice.refreshToken': 'r'.repeat(1_700), 'alice.clockDrift': '0' }
const header = Object.entries(all).map(
  ([name, value]) => `CognitoIdentityServiceProvider.testclient.${name}=${value}`,
)
const request = new NextRequest('https://app.example.com/notes', { headers: { cookie: header.join('; ') } })
const event = { waitUntil() {} }

const { proxy } = createServerSession({ config: pool.amplifyConfig() })
const withSession = proxy()
const bare = async () => NextResponse.next()

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1]

async function microseconds(handle) {
  const start = performance.now()
  for (let i = 0; i < REQUESTS; i++) await handle(request, event)
  return ((performance.now() - start) * 1_000) / REQUESTS
}

for (const handle of [bare, withSession]) await microseconds(handle)
const rounds = []
for (let i = 0; i < ROUNDS; i++) rounds.push([await microseconds(bare), await microseconds(withSession)])
const above = median(rounds.map(([without, with_]) => with_ - without))
console.log(
  `proxy, token in hand: ${above.toFixed(0)} µs above ${median(rounds.map(([without]) => without)).toFixed(1)} µs`,
)
