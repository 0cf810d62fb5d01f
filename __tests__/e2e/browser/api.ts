import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { UserPool } from '../../../src/testing/index.js'
import { closeServer } from './closeServer.js'

/** A request as the API saw it. */
export interface Call {
  readonly token: string | undefined
  readonly status: 200 | 401
}

export interface Api {
  readonly url: string
  /** What has arrived, oldest first; not the browser's preflights. */
  readonly calls: readonly Call[]
  close(): Promise<void>
}

const CORS_HEADERS = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': 'authorization',
  'access-control-max-age': '7200',
}

/** A protected API on 127.0.0.1: it answers 200 to the pool's tokens, 401 to everything else. */
export async function serveApi(pool: UserPool): Promise<Api> {
  const calls: Call[] = []

  async function judge({ method, headers: { authorization } }: IncomingMessage): Promise<number> {
    if (method === 'OPTIONS') return 204
    const status = (await pool.verify(authorization)) ? 200 : 401
    calls.push({ token: authorization?.replace('Bearer ', ''), status })
    return status
  }

  const server = createServer((request, response) => {
    void judge(request).then((status) => response.writeHead(status, CORS_HEADERS).end())
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    calls,
    close: () => closeServer(server),
  }
}
