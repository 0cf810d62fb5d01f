// What this package costs an application: bundled and minified, peers left out, gzipped. The limits are promises.
import { build } from 'esbuild'
import { gzipSync } from 'node:zlib'

const CORE = "export { createTokenManager, wrapFetch, BearerError, isBearerError } from './src/index.ts'"
const AXIOS = "export * from './src/axios/index.ts'"
const ALL = "export * from './src/index.ts'"
// All that a browser gets of Next.js' room.
const NEXT = "export { serverTokenProvider } from './src/next/index.ts'"
const PARTS = [
  { name: 'core + fetch', contents: CORE, limitBytes: 6_700 },
  { name: 'core + fetch + axios', contents: `${CORE}; ${AXIOS}`, limitBytes: 7_600 },
  { name: 'core + fetch + axios + guardAmplify', contents: `${ALL}; ${AXIOS}`, limitBytes: 8_900 },
  { name: 'core + fetch + serverTokenProvider', contents: `${CORE}; ${NEXT}`, limitBytes: 7_400 },
]

for (const { name, contents, limitBytes } of PARTS) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: '.', loader: 'ts' },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    packages: 'external',
  })
  const bytes = gzipSync(outputFiles[0].contents, { level: 9 }).length
  console.log(`${name}: ${bytes} of ${limitBytes} bytes min+gzip`)
  if (bytes > limitBytes) process.exitCode = 1
}
