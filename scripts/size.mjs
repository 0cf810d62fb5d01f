// What core + fetch + axios cost an application: bundled and minified together, peers left out, gzipped. The limit is a promise.
import { build } from 'esbuild'
import { gzipSync } from 'node:zlib'

const LIMIT_BYTES = 5_120
const contents = "export * from './src/index.ts'; export * from './src/axios/index.ts'"
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
console.log(`core + fetch + axios: ${bytes} of ${LIMIT_BYTES} bytes min+gzip`)
process.exitCode = bytes <= LIMIT_BYTES ? 0 : 1
