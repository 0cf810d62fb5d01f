import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createTokenManager, wrapFetch } from '../../src/index.js'
import { accessTokenOf, createProvider, deferred } from '../support/provider.js'

let server: Server
afterEach(() => {
  server.close().closeAllConnections()
})

test('a 401 frees its socket, however long its body, before the replay is answered', async () => {
  const provider = createProvider()
  const refused = `Bearer ${accessTokenOf(provider.stored)}`
  const closed = deferred<undefined>()
  server = createServer((request, response) => {
    if (request.headers.authorization === refused) {
      response.once('close', closed.resolve)
      response.writeHead(401).write('begun')
    } else void closed.promise.then(() => response.end('done'))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
  using tokens = createTokenManager({ tokenProvider: provider })
  const apiFetch = wrapFetch(fetch, tokens, { allowedOrigins: [origin] })
  expect(await (await apiFetch(origin)).text()).toBe('done')
})
