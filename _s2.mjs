import { build } from 'esbuild'
import { gzipSync } from 'node:zlib'
const contents = "export * from './src/index.ts'; export * from './src/axios/index.ts'"
const stub = { form: 'export const bufferForm=(d)=>d', redirects: 'export const guardRedirects=()=>undefined', failure: `import { AxiosError} from 'axios'
export function cannotSend(cause, config) { return Object.assign(new AxiosError(cause.message, 'ERR_BEARER', config), { cause }) }
export function conceal(){}`, adapterResolver: `import { getAdapter} from 'axios'; export const createAdapterResolver=()=>config=>getAdapter(config.adapter)`, stats: 'export const createCounters=()=>({}),count=()=>{}', remember: 'export const remember=(m,k,v)=>m.set(k,v)', waiting: 'export const waitFor=(a)=>a,abortReason=a=>a', origin: 'export const pageOrigin=a=>a,originOf=a=>a,parseOrigin=a=>a,isSecure=a=>a', toBearerError: 'export const toBearerError=a=>a', options: 'export const assertMilliseconds=(a)=>a',cooldown:'export const prolong=a=>a,reasonOf=a=>a,leftOfMs=a=>a', instant: 'export const currentInstant=()=>performance.now(),elapsedMs=(a,b)=>b-a', need: 'export const needOf=a=>a', body: 'export const isOneShot=a=>a,discard=a=>a', destination: 'export const createDestinationReader=a=>a', token:'export const readToken=a=>a,leftMs=a=>a', amplifySource:'export const amplifySource=a=>a' }
async function size(names) {
const { outputFiles } = await build({ stdin: { contents, resolveDir: '.', loader: 'ts' }, bundle: true, minify: true, write: false, format: 'esm', target: 'es2022', packages: 'external', plugins: [{ name: 's', setup(b) { b.onLoad({ filter: /\/src\/.*\.ts$/ }, ({ path }) => { const n = path.replace(/.*\//, '').replace('.ts', ''); if (names.includes(n)) return { contents: stub[n], loader: 'js' } }) } }] })
return gzipSync(outputFiles[0].contents, { level: 9 }).length }
const base = await size([])
console.log(base)
for (const k in stub) console.log(k, base - await size([k]))
console.log('node parts', base - await size(['form', 'redirects', 'failure']))
