import { createServer } from 'node:http'
import { createUserPool } from 'amplify-bearer/testing'

/** What the application talks to, here without AWS: a user pool that rotates refresh tokens, and an API that it protects. */
const pool = createUserPool({ rotation: {}, accessTokenValidityMs: 60_000 })
const notes = new Map()

const cors = {
  'access-control-allow-origin': 'http://localhost:3000',
  'access-control-allow-headers': 'authorization',
}

const api = createServer(async (request, response) => {
  if (request.method === 'OPTIONS') return response.writeHead(204, cors).end()
  const claims = await pool.verify(request.headers.authorization)
  console.log(`API: ${request.method} ${request.url} ${claims ? 200 : 401}`)
  if (!claims) return response.writeHead(401, cors).end()
  const own = notes.get(claims.sub) ?? []
  notes.set(claims.sub, own)
  let text = ''
  for await (const chunk of request) text += chunk
  if (request.method === 'POST') own.push(text)
  response.writeHead(200, { ...cors, 'content-type': 'application/json' })
  response.end(JSON.stringify({ username: claims.username, notes: own }))
})

export async function startServices({ poolPort, apiPort }) {
  await pool.listen(poolPort)
  await new Promise((ready) => api.listen(apiPort, '127.0.0.1', ready))
}
