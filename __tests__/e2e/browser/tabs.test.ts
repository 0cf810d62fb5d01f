import { describeInChromium } from './describeInChromium.js'
import { expectAll, expectSignedIn } from './expectations.js'
import type { Profile, Tab } from './profile.js'
import { ask, askEverywhere, openExpiredTabs, openTabs, storedTokens } from './tabs.js'
import { until } from './until.js'

jest.setTimeout(30_000)

/** As Chromium does it to save memory and power: nothing runs there until the tab is woken. */
async function freeze({ page }: Tab) {
  const session = await page.context().newCDPSession(page)
  const enter = (state: 'frozen' | 'active') => session.send('Page.setWebLifecycleState', { state })
  await enter('frozen')
  return () => enter('active')
}

describeInChromium('in Chromium', (browser) => {
  let profile: Profile

  describe('tabs in windows side by side', () => {
    beforeEach(async () => {
      profile = await browser.openProfile()
    })

    test('are processes of their own: all of them are busy at the same moment', async () => {
      const tabs = await openTabs(profile, false)
      const busy = () => {
        const fromMs = Date.now()
        while (Date.now() < fromMs + 300);
        return fromMs
      }
      const from = await Promise.all(tabs.map(({ page }) => page.evaluate(busy)))
      expect(Math.max(...from) - Math.min(...from)).toBeLessThan(300)
    })

    test.each(['warm', 'cold'] as const)(
      '%s ones, whose session expires: one refresh for all',
      async (warmth) => {
        const tabs = await openExpiredTabs(profile, warmth)
        const answers = await askEverywhere(tabs)
        expect(profile.refreshes()).toBe(1)
        const { accessToken } = await storedTokens(tabs[0])
        expectAll(answers, accessToken)
        for (const tab of tabs) expectAll(await ask(tab), accessToken)
        await expectSignedIn(tabs)
        expect(profile.refreshes()).toBe(5)
      },
    )

    // Of changes that another tab made right before, under the same lock, every fifth look at localStorage knows nothing.
    test('all of them refresh over and over: none with a refresh token that was replaced', async () => {
      profile.pool.latencyMs = 2
      const tabs = await openTabs(profile)
      const answers = await Promise.all(tabs.map(({ app }) => app.evaluate((it) => it.refreshRepeatedly(6))))
      expect(answers.flat().filter((answer) => !('token' in answer && answer.token))).toEqual([])
      expect(profile.pool.calls.filter(({ outcome }) => outcome !== 'ok')).toEqual([])
      await expectSignedIn(tabs)
    })

    test('one signs out while another refreshes: nobody is signed in anywhere', async () => {
      const tabs = await openExpiredTabs(profile, 'warm')
      const [first, ...others] = tabs
      // The pool renews the tokens after 200 ms, and says so after 400: in between the user signs out.
      profile.pool.latencyMs = () => (profile.refreshes() === 1 ? 400 : 5)
      const answers = askEverywhere(others)
      const refresh = () =>
        profile.pool.calls.find(({ operation }) => operation === 'GetTokensFromRefreshToken')
      await until(() => Date.now() - (refresh()?.receivedAtMs ?? Infinity) > 250)
      profile.pool.latencyMs = 5
      await first.app.evaluate((it) => it.signOut())
      await answers
      await until(() => refresh()?.outcome === 'ok')
      for (const tab of tabs) expectAll(await ask(tab), null)
      for (const tab of tabs) expect(await storedTokens(tab)).toEqual({})
    })

    test("another application's sign-out on the same origin is none of theirs", async () => {
      const [first, second] = await openTabs(profile)
      await ask(first, true)
      await second.page.evaluate(() => {
        const key = 'CognitoIdentityServiceProvider.anotherclient.zoe.refreshToken'
        localStorage.setItem(key, 'hers')
        localStorage.removeItem(key)
      })
      // Amplify tells of it all the same.
      await until(async () => (await first.app.evaluate((it) => it.heard())).includes('signedOut'))
      await expectSignedIn([first, second])
      expect(await first.app.evaluate((it) => it.events())).not.toContain('signedOut')
    })

    test('a second manager of a page, whose reads the guard serves, waits for no lock of its own', async () => {
      const [tab] = await openTabs(profile)
      const token = await tab.app.evaluate((it) => it.secondManager())
      expectAll(await ask(tab), token)
      expect(profile.refreshes()).toBe(1)
    })

    test('one is closed while it refreshes: another refreshes in its place', async () => {
      const [closed, ...others] = await openExpiredTabs(profile, 'warm')
      profile.pool.fail('hang', { operation: 'GetTokensFromRefreshToken', times: 1 })
      closed.app.evaluate((it) => it.ask('manager')).catch(() => undefined)
      await until(() => profile.refreshes() === 1)
      const answers = askEverywhere(others)
      await closed.page.close()
      expectAll(await answers, (await storedTokens(others[0]))['accessToken'])
      expect(profile.refreshes()).toBe(2)
      await expectSignedIn(others)
    })

    test('one keeps the lock for ever: the others refresh within refreshTimeoutMs', async () => {
      const refreshTimeoutMs = 2_000
      const tabs = await openExpiredTabs(profile, 'warm', { refreshTimeoutMs })
      const [holder, ...others] = tabs
      await holder.app.evaluate((it, name) => it.keepLock(name), `amplify-bearer:${profile.pool.clientId}`)
      const startedMs = performance.now()
      const answers = await askEverywhere(others)
      expect(performance.now() - startedMs).toBeLessThan(refreshTimeoutMs)
      expectAll(answers, (await storedTokens(others[0]))['accessToken'])
      expect(profile.refreshes()).toBe(1)
      await expectSignedIn(tabs)
    })
  })

  describe('tabs of one window, all but one in the background', () => {
    beforeEach(async () => {
      profile = await browser.openProfileOfOneWindow()
    })

    test('are hidden, and freeze', async () => {
      const [hidden, , , front] = await openExpiredTabs(profile, 'warm', false)
      expect(await front.page.evaluate(() => document.visibilityState)).toBe('visible')
      expect(await hidden.page.evaluate(() => document.visibilityState)).toBe('hidden')
      const woken = hidden.app.evaluate((it) => it.onResume(() => Date.now()))
      const wake = await freeze(hidden)
      const beforeMs = Date.now()
      await wake()
      expect(await woken).toBeGreaterThanOrEqual(beforeMs)
    })

    test('all of them find the session expired: one refresh', async () => {
      const tabs = await openExpiredTabs(profile, 'warm')
      expectAll(await askEverywhere(tabs), (await storedTokens(tabs[0]))['accessToken'])
      expect(profile.refreshes()).toBe(1)
      await expectSignedIn(tabs)
    })

    test('one is frozen while another refreshes: on waking its first calls have the new token', async () => {
      const tabs = await openExpiredTabs(profile, 'warm')
      const [sleeper, , , front] = tabs
      const first = sleeper.app.evaluate((it) =>
        it.onResume(() => Promise.all([it.answer('amplify'), it.answer('manager')])),
      )
      const wake = await freeze(sleeper)
      await ask(front)
      await wake()
      expectAll(await first, (await storedTokens(front))['accessToken'])
      expect(profile.refreshes()).toBe(1)
      await expectSignedIn(tabs)
    })

    test('one is frozen while it refreshes: another does, and the late answer to the first harms nobody', async () => {
      const tabs = await openExpiredTabs(profile, 'warm', { refreshTimeoutMs: 2_000 })
      const [sleeper, , , front] = tabs
      profile.pool.fail('hang', { operation: 'GetTokensFromRefreshToken', times: 1 })
      const asleep = sleeper.app.evaluate((it) => it.burst(['manager', 'amplify']))
      await until(() => profile.refreshes() === 1)
      const wake = await freeze(sleeper)
      const answers = await ask(front)
      profile.pool.heal()
      await wake()
      const { accessToken } = await storedTokens(front)
      expectAll(answers, accessToken)
      expectAll(await asleep, accessToken)
      expectAll(await ask(sleeper), accessToken)
      expect(profile.refreshes()).toBe(2)
      await expectSignedIn(tabs)
    })
  })
})
