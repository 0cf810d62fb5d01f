import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createUserPool, type UserPool, type UserPoolOptions } from '../../../src/testing/index.js'
import { closeServer } from '../browser/closeServer.js'
import { freePort, nextProgram, readBuilt, type NextApp } from './globalSetup.js'

/** A running application with a user pool and a protected API of its own. */
export interface Stage {
  readonly url: string
  /** Of all processes; `url` is the first one's. */
  readonly urls: readonly string[]
  readonly pool: UserPool
  /** Whom the API has answered, oldest first; `undefined` for a 401. */
  readonly callers: readonly (string | undefined)[]
  refreshes(): number
  /** What the servers have reported of their own accord. */
  reports(): readonly string[]
  close(): Promise<void>
}

/** One process that serves the application. */
interface Server {
  readonly url: string
  readonly reports: readonly string[]
  close(): Promise<void>
}

/**
 * The pool rotates refresh tokens without a grace period. `withKeys`: Amplify's adapter finds the keys it checks tokens
 * against. `processes`: how many serve the application; `env`: what they are told besides.
 */
export async function openStage(
  { folder }: NextApp,
  {
    withKeys = false,
    processes = 1,
    env = {},
    ...options
  }: UserPoolOptions & { withKeys?: boolean; processes?: number; env?: Record<string, string> } = {},
): Promise<Stage> {
  const { ports } = readBuilt()
  const pool = createUserPool({ rotation: {}, latencyMs: 50, ...options })
  const { jwksUrl } = await pool.listen(ports.pool)
  const callers: (string | undefined)[] = []
  const api = await serveApi(pool, ports.api, callers)
  const all = { ...env, ...(withKeys && { JWKS_URL: jwksUrl }) }
  const servers = await Promise.all(Array.from({ length: processes }, () => startServer(folder, all)))
  const urls = servers.map(({ url }) => url)
  return {
    url: urls[0] ?? '',
    urls,
    pool,
    callers,
    refreshes: () => pool.callCount('GetTokensFromRefreshToken'),
    reports: () => servers.flatMap(({ reports }) => reports),
    async close() {
      await Promise.all(servers.map((server) => server.close()))
      await Promise.all([pool.close(), closeServer(api)])
    },
  }
}

async function startServer(folder: string, env: Record<string, string>): Promise<Server> {
  const port = await freePort()
  const server = spawn(process.execPath, [nextProgram(folder), 'start', '-p', String(port)], {
    cwd: folder,
    env: { ...process.env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const reports: string[] = []
  server.stderr.on('data', (chunk: Buffer) => reports.push(chunk.toString()))
  let printed = ''
  await new Promise<void>((ready, fail) => {
    server.stdout.on('data', (chunk: Buffer) => {
      printed += chunk.toString()
      if (printed.includes('Ready')) ready()
    })
    server.on('exit', () => {
      fail(new Error(`next start has ended: ${printed}${reports.join('')}`))
    })
  })
  return {
    url: `http://localhost:${port}`,
    reports,
    async close() {
      server.kill()
      await once(server, 'exit')
    },
  }
}

/** It answers with the user's name; `/notes` as the example's does. */
async function serveApi(pool: UserPool, port: number, callers: (string | undefined)[]) {
  const notes = new Map<string, string[]>()
  const server = createServer((request, response) => {
    void (async () => {
      const cors = { 'access-control-allow-origin': '*', 'access-control-allow-headers': 'authorization' }
      if (request.method === 'OPTIONS') return response.writeHead(204, cors).end()
      const claims = await pool.verify(request.headers.authorization)
      const username = claims?.token_use === 'access' ? claims.username : undefined
      callers.push(username)
      if (username === undefined) return response.writeHead(401, cors).end()
      response.writeHead(200, cors)
      if (request.url !== '/notes') return response.end(username)
      const own = notes.get(username) ?? []
      notes.set(username, own)
      let text = ''
      for await (const chunk of request) text += String(chunk)
      if (request.method === 'POST') own.push(text)
      return response.end(JSON.stringify({ username, notes: own }))
    })()
  })
  await new Promise<void>((ready) => server.listen(port, '127.0.0.1', ready))
  return server
}
