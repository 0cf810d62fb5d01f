import { spawn } from 'node:child_process'
import { startServices } from './services.mjs'

process.loadEnvFile('.env')
const port = (url) => Number(new URL(url).port)
await startServices({
  poolPort: port(process.env.NEXT_PUBLIC_USER_POOL_ENDPOINT),
  apiPort: port(process.env.NEXT_PUBLIC_API_ORIGIN),
})

const next = spawn('next', ['dev'], { stdio: 'inherit', shell: process.platform === 'win32' })
next.on('exit', (code) => process.exit(code ?? 0))
