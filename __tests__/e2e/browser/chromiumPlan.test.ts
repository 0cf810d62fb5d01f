import { installersOf, placesOf, type Machine } from './chromiumPlan.js'

const linux: Machine = {
  platform: 'linux',
  env: { PATH: '/usr/local/bin:/usr/bin' },
  isRoot: false,
  playwrightPath: '/cache/chrome',
}

test('CHROME_PATH comes first, the browser of playwright-core last', () => {
  const places = placesOf({ ...linux, env: { ...linux.env, CHROME_PATH: '/opt/mine' } })
  expect(places[0]).toBe('/opt/mine')
  expect(places.at(-1)).toBe('/cache/chrome')
})

test('PATH is searched by name, then by folder', () => {
  expect(placesOf(linux).slice(0, 3)).toEqual([
    '/usr/local/bin/chromium',
    '/usr/bin/chromium',
    '/usr/local/bin/chromium-browser',
  ])
  expect(placesOf(linux)).toContain('/usr/bin/google-chrome-stable')
})

test('without PATH there is only what playwright-core has', () => {
  expect(placesOf({ ...linux, env: {} })).toEqual(['/cache/chrome'])
})

test("a Mac's applications", () => {
  const places = placesOf({ ...linux, platform: 'darwin', env: { HOME: '/Users/a' } })
  expect(places).toContain('/Applications/Google Chrome.app/Contents/MacOS/Google Chrome')
  expect(places).toContain('/Users/a/Applications/Chromium.app/Contents/MacOS/Chromium')
})

test("Windows' programs, wherever they are", () => {
  const env = { Path: 'D:\\bin', PROGRAMFILES: 'C:\\Program Files', LOCALAPPDATA: 'C:\\Users\\a' }
  const places = placesOf({ ...linux, platform: 'win32', env })
  expect(places[0]).toBe('D:\\bin\\chromium.exe')
  expect(places).toContain('C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe')
  expect(places).toContain('C:\\Users\\a\\Chromium\\Application\\chrome.exe')
})

test('root on Linux asks the system for a package first', () => {
  const [system, playwright] = installersOf({ ...linux, isRoot: true }, 'node')
  expect(system?.map(([program]) => program)).toEqual(['apt-get', 'apt-get'])
  expect(playwright?.[0]).toContain('--with-deps')
})

test.each<[string, Partial<Machine>]>([
  ['a user', {}],
  ['a Mac', { platform: 'darwin', isRoot: true }],
  ['Windows', { platform: 'win32' }],
])('%s has only the installer of playwright-core', (_, machine) => {
  expect(installersOf({ ...linux, ...machine }, 'node')).toEqual([
    [['node', 'node_modules/playwright-core/cli.js', 'install', '--no-shell', 'chromium']],
  ])
})
