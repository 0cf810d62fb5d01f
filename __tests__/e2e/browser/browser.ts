import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  chromium,
  type Browser as Connection,
  type BrowserContext,
  type BrowserContextOptions,
} from 'playwright-core'
import { createProfile, type Profile, type ProfileOptions } from './profile.js'
import { serveSite } from './site.js'

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // A second way in, see connectAsUser; and automation, or Chromium does not tell where it is.
  '--remote-debugging-port=0',
  '--enable-automation',
]
/** What playwright-core would switch off: tabs in the background are slowed down, and pages kept, as they are for users. */
const UNWANTED = [
  '--disable-back-forward-cache',
  '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding',
  '--disable-backgrounding-occluded-windows',
]

export interface Browser {
  /** All tabs are visible all the time, as in windows side by side. */
  openProfile(options?: ProfileOptions): Promise<Profile>
  /** Only the tab opened last is visible. There is one such profile at a time. */
  openProfileOfOneWindow(options?: ProfileOptions): Promise<Profile>
  close(): Promise<void>
}

/** A Chromium without pages. */
export interface Chromium {
  /** All pages are visible all the time. Close it. */
  openContext(options?: BrowserContextOptions): Promise<BrowserContext>
  /** The one window of a user: only the page in front is visible. */
  readonly window: BrowserContext
  close(): Promise<void>
}

export async function launchChromium(executablePath: string | undefined): Promise<Chromium> {
  if (!executablePath) throw new Error('No Chromium here, and none to be installed')
  const browser = await chromium.launch({ executablePath, args: ARGS, ignoreDefaultArgs: UNWANTED })
  const user = await connectAsUser(browser)
  return {
    openContext: (options) => browser.newContext(options),
    window: contextOf(user),
    async close() {
      await user.close()
      await browser.close()
    },
  }
}

export async function openBrowser(executablePath: string | undefined): Promise<Browser> {
  const site = await serveSite()
  const chrome = await launchChromium(executablePath)
  return {
    async openProfile(options) {
      return createProfile(await chrome.openContext(), site.url, options)
    },
    openProfileOfOneWindow: (options) => createProfile(chrome.window, site.url, options),
    async close() {
      await chrome.close()
      await site.close()
    },
  }
}

/** playwright-core makes every page believe that it is visible, save when it joins a browser that somebody uses. */
async function connectAsUser(browser: Connection): Promise<Connection> {
  const session = await browser.newBrowserCDPSession()
  const { arguments: commandLine } = await session.send('Browser.getBrowserCommandLine')
  const option = '--user-data-dir='
  const folder = commandLine.find((argument) => argument.startsWith(option))?.slice(option.length) ?? ''
  const [port = ''] = readFileSync(join(folder, 'DevToolsActivePort'), 'utf8').split('\n')
  return chromium.connectOverCDP(`http://127.0.0.1:${port}`, { noDefaults: true })
}

function contextOf(browser: Connection): BrowserContext {
  const [context] = browser.contexts()
  if (!context) throw new Error('Chromium has no profile')
  return context
}
