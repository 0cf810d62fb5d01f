// What a request whose token is in hand costs above the bare client: rounds of both, interleaved, so that noise hits both alike.
// Usage: npm run build && node bench/hotPath.mjs
import axios from 'axios'
import { createTokenManager, wrapFetch } from 'amplify-bearer'
import { attachBearer } from 'amplify-bearer/axios'

const ROUNDS = 60
const REQUESTS = 5_000
const ORIGIN = 'https://api.example.com'

const seconds = Math.floor(Date.now() / 1000)
const jwt = {
  payload: { sub: 'alice', iat: seconds, exp: seconds + 3600 },
  toString: () => 'header.payload.signature',
}
const tokenProvider = { reads: 0, getTokens: async () => (tokenProvider.reads++, { accessToken: jwt }) }
const tokens = createTokenManager({ tokenProvider })

const adapter = async (config) => ({ status: 200, statusText: 'OK', data: '', headers: {}, config })
const bareClient = axios.create({ baseURL: ORIGIN, adapter })
const client = axios.create({ baseURL: ORIGIN, adapter })
attachBearer(client, tokens)

const response = new Response(null, { status: 200 })
const bareFetch = async () => response
const apiFetch = wrapFetch(bareFetch, tokens, { allowedOrigins: [ORIGIN] })

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1]

async function microseconds(request) {
  const start = performance.now()
  for (let i = 0; i < REQUESTS; i++) await request()
  return ((performance.now() - start) * 1000) / REQUESTS
}

async function compare(name, limit, bare, withToken) {
  await microseconds(bare)
  await microseconds(withToken)
  const rounds = []
  for (let i = 0; i < ROUNDS; i++) rounds.push([await microseconds(bare), await microseconds(withToken)])
  const above = median(rounds.map(([a, b]) => b - a))
  const base = median(rounds.map(([a]) => a))
  console.log(`${name}: ${above.toFixed(2)} µs above ${base.toFixed(2)} µs (promised: at most ${limit})`)
}

await compare(
  'axios get',
  2,
  () => bareClient.get('/users'),
  () => client.get('/users'),
)
await compare(
  'fetch',
  3,
  () => bareFetch(`${ORIGIN}/users`),
  () => apiFetch(`${ORIGIN}/users`),
)
const init = { headers: { accept: 'application/json' } }
await compare(
  'fetch with headers',
  3,
  () => bareFetch(ORIGIN, init),
  () => apiFetch(ORIGIN, init),
)
await compare(
  'getToken',
  1,
  async () => null,
  () => tokens.getToken(),
)
console.log(`token provider reads: ${tokenProvider.reads} (once a second at most)`)
tokens.close()
