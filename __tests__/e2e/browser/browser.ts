import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { chromium, type Browser as Connection, type BrowserContext } from 'playwright-core'
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

export async function openBrowser(executablePath: string | undefined): Promise<Browser> {
  if (!executablePath) throw new Error('No Chromium here, and none to be installed')
  const site = await serveSite()
  const browser = await chromium.launch({ executablePath, args: ARGS, ignoreDefaultArgs: UNWANTED })
  const user = await connectAsUser(browser)
  return {
    async openProfile(options) {
      const context = await browser.newContext()
      return createProfile(context, site.url, options)
    },
    openProfileOfOneWindow: (options) => createProfile(contextOf(user), site.url, options),
    async close() {
      await user.close()
      await browser.close()
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
