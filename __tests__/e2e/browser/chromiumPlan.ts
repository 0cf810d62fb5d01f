import { posix, win32 } from 'node:path'

/** What is to be known about a machine to find a browser on it. */
export interface Machine {
  readonly platform: string
  readonly env: Readonly<Partial<Record<string, string>>>
  readonly isRoot: boolean
  /** Where playwright-core keeps, or would keep, a browser of its own. */
  readonly playwrightPath: string
}

/** A program and its arguments. */
export type Command = readonly [string, ...string[]]

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']
const MAC_APPS = ['Google Chrome', 'Chromium']
const WINDOWS_ROOTS = ['PROGRAMFILES', 'PROGRAMFILES(X86)', 'LOCALAPPDATA']
const WINDOWS_PROGRAMS = ['Google\\Chrome\\Application\\chrome.exe', 'Chromium\\Application\\chrome.exe']

/** Where Chromium or Chrome may be, the likeliest first. */
export function placesOf({ platform, env, playwrightPath }: Machine): string[] {
  const { CHROME_PATH: chosen } = env
  return [
    ...(chosen ? [chosen] : []),
    ...pathPlaces(platform, env),
    ...usualPlaces(platform, env),
    playwrightPath,
  ]
}

function pathPlaces(platform: string, env: Machine['env']): string[] {
  const path = platform === 'win32' ? win32 : posix
  const extension = platform === 'win32' ? '.exe' : ''
  const folders = (env['PATH'] ?? env['Path'] ?? '').split(path.delimiter).filter(Boolean)
  return NAMES.flatMap((name) => folders.map((folder) => path.join(folder, name + extension)))
}

function usualPlaces(platform: string, env: Machine['env']): string[] {
  if (platform === 'darwin') {
    const folders = ['/Applications', `${env['HOME'] ?? ''}/Applications`]
    return folders.flatMap((folder) => MAC_APPS.map((app) => `${folder}/${app}.app/Contents/MacOS/${app}`))
  }
  if (platform !== 'win32') return []
  const roots = WINDOWS_ROOTS.flatMap((name) => env[name] ?? [])
  return roots.flatMap((root) => WINDOWS_PROGRAMS.map((program) => win32.join(root, program)))
}

/** What may get one, in the order to try: the system's package, then playwright-core's own installer. */
export function installersOf({ platform, isRoot }: Machine, node = process.execPath): Command[][] {
  const asSystem = platform === 'linux' && isRoot
  const playwright: Command = [
    node,
    'node_modules/playwright-core/cli.js',
    'install',
    '--no-shell',
    'chromium',
  ]
  if (!asSystem) return [[playwright]]
  // Ubuntu's package is a snap, which containers cannot run: then it is playwright-core's, which needs libraries.
  return [
    [
      ['apt-get', 'update'],
      ['apt-get', 'install', '-y', 'chromium'],
    ],
    [[...playwright, '--with-deps']],
  ]
}
