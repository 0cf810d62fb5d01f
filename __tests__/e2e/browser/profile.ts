import type { BrowserContext, JSHandle, Page } from 'playwright-core'
import type { TokenManagerOptions } from '../../../src/index.js'
import { createUserPool, type UserPool } from '../../../src/testing/index.js'
import type { App } from './page/main.js'

export interface Tab {
  readonly page: Page
  /** What the page is driven with: `tab.app.evaluate((app) => app.signOut())`. */
  readonly app: JSHandle<App>
}

/** What a tab starts with; `false`: Amplify alone. Functions cannot be handed to another process. */
export type Start = false | (Omit<TokenManagerOptions, 'lock' | 'tokenProvider'> & { guard?: boolean })

/** Alice's browser: tabs of one profile, which share localStorage, and a user pool of their own. */
export interface Profile {
  readonly pool: UserPool
  openTab(start?: Start): Promise<Tab>
  /** Refreshes that have reached the pool. */
  refreshes(): number
  close(): Promise<void>
}

/** Alice is signed in. The pool rotates refresh tokens without a grace period, and takes a while. */
export async function createProfile(context: BrowserContext, url: string, latencyMs = 20): Promise<Profile> {
  const pool = createUserPool({ rotation: { gracePeriodMs: 0 }, latencyMs })
  const endpoint = await pool.listen()

  async function openTab(start: Start = {}): Promise<Tab> {
    const page = await context.newPage()
    await page.goto(url)
    const app = await page.evaluateHandle(() => window.app)
    await app.evaluate((it, config) => {
      it.configure(config)
    }, endpoint.amplifyConfig())
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

  await signIn()
  return {
    pool,
    openTab,
    refreshes: () => pool.callCount('GetTokensFromRefreshToken'),
    async close() {
      await Promise.all(context.pages().map((page) => page.close()))
      await pool.close()
    },
  }
}
