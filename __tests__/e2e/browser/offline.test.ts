import { describeInChromium } from './describeInChromium.js'
import { expectAll, expectSignedIn, expectStatus } from './expectations.js'
import type { Profile, Tab } from './profile.js'
import {
  ask,
  events,
  openExpiredTabs,
  openTabs,
  requestEverywhere,
  startAutoRefresh,
  storedTokens,
} from './tabs.js'
import { until } from './until.js'

jest.setTimeout(30_000)

/** Requests that did not get through, with the token they carried. */
function watchFailures({ page }: Tab): { token: string | undefined; reason: string | undefined }[] {
  const failures: ReturnType<typeof watchFailures> = []
  page.on('requestfailed', (request) => {
    const token = request.headers()['authorization']?.replace('Bearer ', '')
    failures.push({ token, reason: request.failure()?.errorText })
  })
  return failures
}

/** Back online, and every tab has been told. */
async function comeOnline(profile: Profile, tabs: Tab[]): Promise<void> {
  const told = tabs.map(({ app }) => app.evaluate((it) => it.onOnline()))
  await profile.setOffline(false)
  await Promise.all(told)
}

describeInChromium('without a network, in Chromium', (browser) => {
  let profile: Profile

  describe('tabs in windows side by side', () => {
    beforeEach(async () => {
      profile = await browser.openProfile()
    })

    test('a good token: requests carry it, and fail as the network does', async () => {
      const tabs = await openTabs(profile)
      expectStatus(await requestEverywhere(tabs, 2), 200)
      await profile.setOffline(true)
      const { accessToken } = await storedTokens(tabs[0])
      const failures = tabs.map(watchFailures)
      for (const reply of await requestEverywhere(tabs, 2)) {
        expect(reply).toMatchObject({ error: expect.stringMatching(/TypeError|AxiosError/) as string })
      }
      await until(() => failures.flat().length === 8)
      const failure = { token: accessToken, reason: 'net::ERR_INTERNET_DISCONNECTED' }
      expect(failures.flat()).toEqual(Array(8).fill(failure))
      expect(profile.api.calls).toHaveLength(8)
      for (const tab of tabs) expectAll(await ask(tab), accessToken)
      expect((await events(tabs)).flat()).toEqual([])
    })

    test('an expired one: requests fail within a second, however many tabs try in turn; nobody is signed out', async () => {
      const tabs = await openExpiredTabs(profile, 'warm')
      const stored = await storedTokens(tabs[0])
      await profile.setOffline(true)
      const replies = await Promise.all(
        tabs.map(({ app }) => app.evaluate(async (it) => [await it.request(4), await it.request(4)])),
      )
      for (const reply of replies.flat(2)) expect(reply).toMatchObject({ error: 'offline', retryable: true })
      // And a moment, for tabs that are busy.
      expect(Math.max(...replies.flat(2).map(({ tookMs }) => tookMs))).toBeLessThan(1_500)
      const attempts = ({ app }: Tab) => app.evaluate((it) => it.stats().failures.offline)
      for (const tab of tabs) await until(async () => (await attempts(tab)) === 1)
      expect(await events(tabs)).toEqual(Array(4).fill(['refreshFailed']))
      for (const tab of tabs) expect(await storedTokens(tab)).toEqual(stored)
    })

    test.each(['with auto refresh', 'without auto refresh'])(
      'back online, %s: one refresh for all',
      async (how) => {
        const tabs = await openExpiredTabs(profile, 'warm')
        const expired = await storedTokens(tabs[0])
        if (how === 'with auto refresh') await startAutoRefresh(tabs)
        await profile.setOffline(true)
        // One after the other would take longer than they hold off.
        await requestEverywhere(tabs.slice(0, 1))
        await comeOnline(profile, tabs)
        // By itself, or for the first request.
        if (how === 'with auto refresh') await until(() => profile.refreshes() === 1)
        else expectStatus(await requestEverywhere(tabs.slice(0, 1)), 200)
        const isNew = async (tab: Tab) => (await storedTokens(tab))['accessToken'] !== expired['accessToken']
        for (const tab of tabs) await until(() => isNew(tab))
        expectStatus(await requestEverywhere(tabs), 200)
        expect(profile.refreshes()).toBe(1)
        expect((await events(tabs)).flat().sort()).toEqual(['refreshFailed', 'refreshed'])
        await expectSignedIn(tabs)
      },
    )
  })

  describe('tabs of one window', () => {
    beforeEach(async () => {
      profile = await browser.openProfileOfOneWindow()
    })

    test('wake up with an expired token: nobody tries anything, nobody is signed out', async () => {
      const tabs = await openExpiredTabs(profile, 'warm')
      await startAutoRefresh(tabs)
      const stored = await storedTokens(tabs[0])
      const failures = tabs.map(watchFailures)
      await profile.setOffline(true)
      for (const { page } of tabs) {
        await page.bringToFront()
        await until(() => page.evaluate(() => document.visibilityState === 'visible'))
      }
      for (const tab of tabs) expect(await storedTokens(tab)).toEqual(stored)
      await comeOnline(profile, tabs)
      await until(async () => (await events(tabs)).flat().includes('refreshed'))
      expect(failures.flat()).toEqual([])
      expect((await events(tabs)).flat()).toEqual(['refreshed'])
      expect(profile.refreshes()).toBe(1)
    })
  })
})
