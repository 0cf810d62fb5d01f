import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
/** The machines that hermes-engine-cli has an engine for; macOS on ARM runs it through Rosetta. */
const ENGINES: Partial<Record<string, string>> = {
  'linux-x64': 'linux64-bin/hermes',
  'darwin-x64': 'osx-bin/hermes',
  'darwin-arm64': 'osx-bin/hermes',
  'win32-x64': 'win64-bin/hermes.exe',
}

function findHermes(): string {
  const machine = `${process.platform}-${process.arch}`
  const file = ENGINES[machine] && resolve('node_modules/hermes-engine-cli', ENGINES[machine])
  if (file && existsSync(file)) return file
  throw new Error(
    `hermes-engine-cli has no Hermes for ${machine}; there is one for ${Object.keys(ENGINES).join(', ')}`,
  )
}

/** Bundles the app with Metro, runs it under Hermes, and gives what each scenario has told. */
export async function runInHermes(): Promise<ReadonlyMap<string, unknown>> {
  const hermes = findHermes()
  const folder = mkdtempSync(join(tmpdir(), 'amplify-bearer-hermes-'))
  try {
    const bundle = join(folder, 'app.js')
    // In a process of its own, for Metro starts workers and is ESM here.
    await run(process.execPath, [resolve('__tests__/e2e/reactNative/bundle.mjs'), bundle])
    // Optimised, as releases are; with promise jobs in the engine, as in React Native's new architecture.
    const { stdout } = await run(hermes, ['-O', '-w', '-Xmicrotask-queue', bundle])
    return readResults(stdout)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A line of JSON a scenario. Anything else is an error or a warning, which there should be none of. */
function readResults(stdout: string): Map<string, unknown> {
  const lines = stdout.split('\n').filter(Boolean)
  const noise = lines.filter((line) => !line.startsWith('{"scenario":'))
  if (noise.length) throw new Error(`Hermes printed:\n${noise.join('\n')}`)
  const results = lines.map((line) => JSON.parse(line) as { scenario: string; result: unknown })
  return new Map(results.map(({ scenario, result }) => [scenario, result]))
}
