import type { BrowserContext, JSHandle, Page } from 'playwright-core'
import { createUserPool, type UserPool } from '../../../src/testing/index.js'
import { serveApi, type Api } from './api.js'
import type { App, StartOptions } from './page/main.js'

export interface Tab {
  readonly page: Page
  /** What the page is driven with: `tab.app.evaluate((app) => app.signOut())`. */
  readonly app: JSHandle<App>
}

/** What a tab starts with; `false`: Amplify alone. Functions cannot be handed to another process. */
export type Start = false | Omit<StartOptions, 'lock' | 'tokenProvider' | 'reauthenticate'>

export interface ProfileOptions {
  /** Its tabs have a fake clock, which `moveOn` moves; otherwise it runs as ever. Once it has one it keeps it. */
  readonly clock?: boolean
}

/** Alice's browser: tabs of one profile, which share localStorage, and a user pool of their own. */
export interface Profile {
  readonly pool: UserPool
  /** What every tab's clients send the token to. */
  readonly api: Api
  openTab(start?: Start): Promise<Tab>
  /** So much later in all tabs and in the pool: timers that are due by then fire once, as after sleep. */
  moveOn(ms: number): Promise<void>
  /** Switches the network off and on for all tabs, loopback included: `navigator.onLine` tells, and so do events. */
  setOffline(offline: boolean): Promise<void>
  /** Refreshes that have reached the pool. */
  refreshes(): number
  close(): Promise<void>
}

/** Alice is signed in. The pool rotates refresh tokens without a grace period, and takes a while. */
export async function createProfile(
  context: BrowserContext,
  url: string,
  { clock = false }: ProfileOptions = {},
): Promise<Profile> {
  // Of pages that are still closing a clock cannot be had.
  await closePages(context)
  if (clock) await context.clock.install()
  const pool = createUserPool({ rotation: { gracePeriodMs: 0 }, latencyMs: 20 })
  const endpoint = await pool.listen()
  const api = await serveApi(pool)

  async function openTab(start: Start = {}): Promise<Tab> {
    const page = await context.newPage()
    await page.goto(url)
    const app = await page.evaluateHandle(() => window.app)
    await app.evaluate(
      (it, [config, apiUrl]) => {
        it.configure(config, apiUrl)
      },
      [endpoint.amplifyConfig(), api.url] as const,
    )
    if (start) {
      await app.evaluate((it, options) => {
        it.start(options)
      }, start)
    }
    return { page, app }
  }

  async function signIn(): Promise<void> {
    const { page, app } = await openTab(false)
    // A profile may have been used before.
    await page.evaluate(() => {
      localStorage.clear()
    })
    await app.evaluate((it) => it.signIn())
    await page.close()
  }

  async function moveOn(ms: number): Promise<void> {
    pool.clockSkewMs += ms
    await context.clock.fastForward(ms)
  }

  await signIn()
  return {
    pool,
    api,
    openTab,
    moveOn,
    setOffline: (offline) => context.setOffline(offline),
    refreshes: () => pool.callCount('GetTokensFromRefreshToken'),
    async close() {
      await context.setOffline(false)
      await closePages(context)
      await Promise.all([pool.close(), api.close()])
    },
  }
}

async function closePages(context: BrowserContext): Promise<void> {
  await Promise.all(context.pages().map((page) => page.close()))
}
