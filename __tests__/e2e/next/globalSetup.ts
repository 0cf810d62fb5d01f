import { execFile } from 'node:child_process'
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const ROOT = join(__dirname, '../../..')
const BUILD_LIMIT_MS = 300_000

/** The example with the tests' own pages, as a stranger would install and build it. */
export interface NextApp {
  readonly name: string
  readonly folder: string
}

/** What is built into every application: where the user pool and the API are. */
export interface Ports {
  readonly pool: number
  readonly api: number
}

const KINDS = [
  { name: 'Next 16, proxy.ts on Node', next: '16.4.5', file: 'proxy', build: [], config: {} },
  {
    name: 'Next 16, middleware.ts on Edge, Cache Components',
    next: '16.4.5',
    file: 'middleware',
    build: ['--webpack'],
    config: { cacheComponents: true, partialPrefetching: true },
  },
  { name: 'Next 15.5, middleware.ts on Edge', next: '15.5.29', file: 'middleware', build: [], config: {} },
] as const

/** Where the packages come from is npm's business; what they are is pinned here and in the example. */
export async function buildApps(ports: Ports): Promise<{ apps: NextApp[]; folder: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'amplify-bearer-next-'))
  const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: ROOT })
  const tarball = join(folder, stdout.trim().split('\n').at(-1) ?? '')
  const installed = new Map<string, string>()
  const apps: NextApp[] = []
  for (const { name, next, file, build, config } of KINDS) {
    const app = join(folder, String(apps.length))
    copyApp(app)
    if (file === 'middleware') becomeMiddleware(app)
    writeFileSync(join(app, 'next.config.mjs'), `export default ${JSON.stringify(config)}\n`)
    if ('cacheComponents' in config) suspendPages(app)
    const earlier = installed.get(next)
    if (earlier)
      cpSync(join(earlier, 'node_modules'), join(app, 'node_modules'), {
        recursive: true,
        verbatimSymlinks: true,
      })
    else await install(app, next, tarball)
    installed.set(next, app)
    await nextBuild(app, build, ports)
    apps.push({ name, folder: app })
  }
  return { apps, folder }
}

function copyApp(app: string): void {
  const skipped = /node_modules|\.next|tsbuildinfo|package-lock/
  cpSync(join(ROOT, 'examples/nextjs'), app, {
    recursive: true,
    filter: (path) => !skipped.test(path.slice(ROOT.length)),
  })
  const matcher = /^export const config = .*$/m.exec(readFileSync(join(app, 'proxy.ts'), 'utf8'))?.[0] ?? ''
  cpSync(join(__dirname, 'overlay'), app, { recursive: true })
  // The example's own, but for the pages that no proxy sees.
  appendFileSync(join(app, 'proxy.ts'), `\n${matcher.replace('favicon.ico', 'favicon.ico|bare')}\n`)
}

function becomeMiddleware(app: string): void {
  const source = readFileSync(join(app, 'proxy.ts'), 'utf8')
  writeFileSync(join(app, 'middleware.ts'), source.replace('export const proxy', 'export const middleware'))
  rmSync(join(app, 'proxy.ts'))
}

/** As Cache Components ask of pages that read cookies. Not for Next 15.5, which then now and then shows no update. */
function suspendPages(app: string): void {
  const file = join(app, 'app/layout.tsx')
  const source = readFileSync(file, 'utf8')
  const suspended = source.replace('{children}</', '<Suspense>{children}</Suspense></')
  writeFileSync(file, `import { Suspense } from 'react'\n${suspended}`)
}

async function install(app: string, next: string, tarball: string): Promise<void> {
  const file = join(app, 'package.json')
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as { dependencies: Record<string, string> }
  const { devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    devDependencies: Record<string, string>
  }
  Object.assign(manifest.dependencies, {
    next,
    'amplify-bearer': `file:${tarball}`,
    '@aws-amplify/adapter-nextjs': devDependencies['@aws-amplify/adapter-nextjs'],
    axios: devDependencies['axios'],
    msw: devDependencies['msw'],
  })
  writeFileSync(file, JSON.stringify(manifest))
  await run('npm', ['install', '--prefer-offline', '--no-package-lock'], {
    cwd: app,
    timeout: BUILD_LIMIT_MS,
  })
}

async function nextBuild(app: string, options: readonly string[], ports: Ports): Promise<void> {
  const env = {
    ...process.env,
    NODE_ENV: 'production' as const,
    NEXT_TELEMETRY_DISABLED: '1',
    NEXT_PUBLIC_USER_POOL_ENDPOINT: `http://127.0.0.1:${ports.pool}/`,
    NEXT_PUBLIC_API_ORIGIN: `http://127.0.0.1:${ports.api}`,
  }
  await run(process.execPath, [nextProgram(app), 'build', ...options], {
    cwd: app,
    env,
    timeout: BUILD_LIMIT_MS,
  })
}

export function nextProgram(app: string): string {
  return join(app, 'node_modules/next/dist/bin/next')
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  const { port } = server.address() as AddressInfo
  await new Promise((closed) => server.close(closed))
  return port
}

/** What the tests are told of what was built, by an environment variable: they run in processes of their own. */
export interface Built {
  readonly apps: readonly NextApp[]
  readonly ports: Ports
}

/** Set by hand, it spares the building. */
const BUILT = 'AMPLIFY_BEARER_NEXT'

export default async function globalSetup(): Promise<void> {
  if (process.env[BUILT]) return
  const ports = { pool: await freePort(), api: await freePort() }
  const { apps, folder } = await buildApps(ports)
  process.env['AMPLIFY_BEARER_NEXT_FOLDER'] = folder
  const built: Built = { apps, ports }
  process.env[BUILT] = JSON.stringify(built)
}

export function readBuilt(): Built {
  return JSON.parse(process.env[BUILT] ?? '') as Built
}
