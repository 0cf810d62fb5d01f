import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'
import { installersOf, placesOf, type Command, type Machine } from './chromiumPlan.js'

const INSTALL_LIMIT_MS = 300_000

/**
 * The path of a Chromium or Chrome that runs; where there is none it is installed, if that is possible. Synchronous,
 * for jest wants to know at once which tests there are.
 *
 * @throws Error on CI, where tests must not be skipped
 */
export function findChromium(): string | undefined {
  const machine: Machine = {
    platform: process.platform,
    env: process.env,
    isRoot: process.getuid?.() === 0,
    playwrightPath: chromium.executablePath(),
  }
  const find = () => placesOf(machine).find(runs)
  const found = find()
  if (found) return found
  for (const commands of installersOf(machine)) {
    const installed = commands.every(succeeds) && find()
    if (installed) return installed
  }
  const message =
    'No Chromium here and none to be installed (CHROME_PATH may name one): browser tests cannot run'
  if (process.env['CI'] === 'true') throw new Error(message)
  process.stderr.write(`${message}\n`)
  return undefined
}

/** Ubuntu has a script by that name which only tells that there is no browser. On Windows asking opens a window. */
function runs(path: string): boolean {
  if (!existsSync(path)) return false
  return process.platform === 'win32' || spawnSync(path, ['--version'], { timeout: 20_000 }).status === 0
}

function succeeds([program, ...options]: Command): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  return spawnSync(program, options, { env, timeout: INSTALL_LIMIT_MS }).status === 0
}
