import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { closeServer } from './closeServer.js'

const CONTENT_TYPES: Partial<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' }

export interface Site {
  /** The one origin of all tabs. */
  readonly url: string
  close(): Promise<void>
}

/** Bundles the page as an application would be, and serves it on 127.0.0.1. */
export async function serveSite(): Promise<Site> {
  const files = await bundle(resolve('__tests__/e2e/browser/page'))
  const server = createServer(({ url = '/' }, response) => {
    const path = url === '/' ? '/index.html' : url
    const content = files.get(path)
    response.writeHead(content ? 200 : 404, { 'content-type': CONTENT_TYPES[extname(path)] ?? 'text/plain' })
    response.end(content)
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () => closeServer(server),
  }
}

/** In a process of its own, for Vite is ESM only and the tests are compiled to CommonJS. */
async function bundle(root: string): Promise<Map<string, Buffer>> {
  const outDir = mkdtempSync(join(tmpdir(), 'amplify-bearer-page-'))
  try {
    const vite = ['node_modules/vite/bin/vite.js', 'build', root, '--outDir', outDir]
    await promisify(execFile)(process.execPath, [...vite, '--emptyOutDir', '--logLevel', 'error'])
    return readFiles(outDir)
  } finally {
    rmSync(outDir, { recursive: true, force: true })
  }
}

/** By their paths in URLs. */
function readFiles(folder: string): Map<string, Buffer> {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  const files = paths.filter((path) => statSync(join(folder, path)).isFile())
  return new Map(files.map((path) => [`/${path.replaceAll('\\', '/')}`, readFileSync(join(folder, path))]))
}
