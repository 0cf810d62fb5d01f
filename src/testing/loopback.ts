import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Responder } from './responder.js'

/** A server on 127.0.0.1. */
export interface Loopback {
  readonly url: string
  /** Stops listening and ends every connection, kept-alive ones and calls under way included. */
  readonly close: () => Promise<void>
}

/** Serves the pool on a port; 0 takes a free one. */
export async function serveOnLoopback(respond: Responder, port: number): Promise<Loopback> {
  const { createServer } = await loadHttp()
  const server = createServer((incoming, outgoing) => {
    serve(respond, incoming, outgoing).catch(() => outgoing.destroy())
  })
  const boundPort = await startListening(server, port)
  let closed: Promise<void> | undefined
  return {
    url: `http://127.0.0.1:${boundPort}/`,
    close: () => (closed ??= stopListening(server)),
  }
}

/** Loaded when it is needed, and caught, so that bundlers for browsers let this module through. */
function loadHttp() {
  return import(/* webpackIgnore: true */ 'node:http').catch((cause: unknown) => {
    throw new Error('amplify-bearer/testing: listen() needs Node; elsewhere use handlers()', { cause })
  })
}

async function serve(respond: Responder, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const response = await respond(await toRequest(incoming, outgoing))
  if (response.type === 'error') {
    outgoing.destroy()
    return
  }
  outgoing.writeHead(response.status, Object.fromEntries(response.headers))
  outgoing.end(await response.text())
}

/** The request as the web platform has it; its signal aborts when the client goes away. */
async function toRequest(incoming: IncomingMessage, outgoing: ServerResponse): Promise<Request> {
  const gone = new AbortController()
  outgoing.on('close', () => {
    gone.abort()
  })
  const { method = 'GET', url = '/', headers } = incoming
  const body = await readText(incoming)
  const entries = Object.entries(headers).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  )
  return new Request(new URL(url, 'http://127.0.0.1'), {
    method,
    headers: new Headers(entries),
    signal: gone.signal,
    ...(body !== '' && { body }),
  })
}

async function readText(incoming: IncomingMessage): Promise<string> {
  let text = ''
  incoming.setEncoding('utf8')
  for await (const chunk of incoming) text += String(chunk)
  return text
}

function startListening(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject)
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}

function stopListening(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve()
    })
    server.closeAllConnections()
  })
}
