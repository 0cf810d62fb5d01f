import { describeInChromium } from './describeInChromium.js'
import { expectSignedIn, expectStatus } from './expectations.js'
import type { Profile, Tab } from './profile.js'
import { events, openTabs, requestEverywhere, startAutoRefresh, storedTokens, type Tabs } from './tabs.js'
import { until } from './until.js'

jest.setTimeout(30_000)

const MINUTE_MS = 60_000
/** Between two checks of auto refresh. */
const CHECK_MS = 15_000

/** Four tabs with auto refresh, which have made requests with a token that is good for an hour. */
async function openWatchfulTabs(profile: Profile): Promise<Tabs> {
  const tabs = await openTabs(profile)
  expectStatus(await requestEverywhere(tabs, 2), 200)
  await startAutoRefresh(tabs)
  return tabs
}

function visibilityOf(tabs: Tab[]): Promise<string[]> {
  return Promise.all(tabs.map(({ page }) => page.evaluate(() => document.visibilityState)))
}

describeInChromium('auto refresh in Chromium', (browser) => {
  let profile: Profile

  describe('tabs in windows side by side', () => {
    beforeEach(async () => {
      profile = await browser.openProfile({ clock: true })
    })

    test('a token that will soon be due: one refresh for all, which no request waits for', async () => {
      const tabs = await openWatchfulTabs(profile)
      await profile.moveOn(54.4 * MINUTE_MS)
      expectStatus(await requestEverywhere(tabs), 200)
      expect(profile.refreshes()).toBe(0)
      const waits = () => Promise.all(tabs.map(({ app }) => app.evaluate((it) => it.stats().waits)))
      const waitsBefore = await waits()
      const { accessToken: oldToken } = await storedTokens(tabs[0])

      profile.pool.fail('hang', { operation: 'GetTokensFromRefreshToken' })
      await profile.moveOn(CHECK_MS)
      await until(() => profile.refreshes() === 1)
      expectStatus(await requestEverywhere(tabs), 200)
      expect(profile.api.calls.at(-1)?.token).toBe(oldToken)
      expect(await waits()).toEqual(waitsBefore)

      profile.pool.heal()
      await until(async () => (await storedTokens(tabs[3]))['accessToken'] !== oldToken)
      const { accessToken: newToken } = await storedTokens(tabs[3])
      const tokenOf = ({ app }: Tab) => app.evaluate((it) => it.ask('manager'))
      for (const tab of tabs) await until(async () => (await tokenOf(tab)) === newToken)
      expect(profile.refreshes()).toBe(1)
      expect((await events(tabs)).flat()).toEqual(['refreshed'])
      await expectSignedIn(tabs)
    })
  })

  describe('tabs of one window', () => {
    beforeEach(async () => {
      profile = await browser.openProfileOfOneWindow({ clock: true })
    })

    test('those in the background leave the token alone; the first in front again refreshes it for all', async () => {
      const tabs = await openWatchfulTabs(profile)
      await profile.openTab(false)
      expect(await visibilityOf(tabs)).toEqual(['hidden', 'hidden', 'hidden', 'hidden'])
      await profile.moveOn(54.9 * MINUTE_MS)
      for (let checks = 0; checks < 3; checks++) await profile.moveOn(CHECK_MS)
      expect(profile.refreshes()).toBe(0)

      const [first, ...others] = tabs
      await first.page.bringToFront()
      await until(async () => (await events([first])).flat().includes('refreshed'))
      for (const { page } of others) await page.bringToFront()
      expectStatus(await requestEverywhere(tabs), 200)
      expect(await events(others)).toEqual([[], [], []])
      expect(profile.refreshes()).toBe(1)
    })

    test('wake up with an expired token and make requests at once: one refresh', async () => {
      const tabs = await openWatchfulTabs(profile)
      await profile.openTab(false)
      await profile.moveOn(61 * MINUTE_MS)
      const [replies] = await Promise.all([
        requestEverywhere(tabs),
        ...tabs.map(({ page }) => page.bringToFront()),
      ])
      expectStatus(replies, 200)
      expect(profile.api.calls.filter(({ status }) => status === 401)).toEqual([])
      expect(profile.refreshes()).toBe(1)
      await expectSignedIn(tabs)
    })

    test('out of the back/forward cache with an expired token: refreshed before the first request', async () => {
      const tab = await profile.openTab()
      await startAutoRefresh([tab])
      expectStatus(await requestEverywhere([tab], 2), 200)
      const { page } = tab
      // The wall clock goes on while the page is kept, and nothing in it.
      await page.clock.setSystemTime(Date.now() + 61 * MINUTE_MS)
      profile.pool.clockSkewMs = 61 * MINUTE_MS
      await page.goto('about:blank')
      expect(profile.refreshes()).toBe(0)

      // No event `load`: nothing is loaded.
      await page.goBack({ waitUntil: 'commit' })
      await until(() => profile.refreshes() === 1)
      expect(await page.evaluate(() => window.app.isRestored())).toBe(true)
      expectStatus(await page.evaluate(() => window.app.request(6)), 200)
      expect(profile.api.calls.filter(({ status }) => status === 401)).toEqual([])
      expect(profile.refreshes()).toBe(1)
    })
  })
})
