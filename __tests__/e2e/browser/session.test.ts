import { describeInChromium } from './describeInChromium.js'
import { expectAll, expectSignedIn, expectStatus } from './expectations.js'
import type { Profile, Tab } from './profile.js'
import {
  ask,
  askEverywhere,
  events,
  openExpiredTabs,
  openTabs,
  requestEverywhere,
  storedTokens,
} from './tabs.js'
import { until } from './until.js'

jest.setTimeout(30_000)

describeInChromium('the end of a session, in Chromium', (browser) => {
  let profile: Profile

  beforeEach(async () => {
    profile = await browser.openProfile()
  })

  // The pool renews the tokens after 200 ms, and says so after 400.
  test.each([
    ['has just begun', 0],
    ['has renewed the tokens', 250],
    ['is about to be answered', 390],
  ])("signOut() while another tab's refresh %s: nobody is signed in anywhere", async (_, afterMs) => {
    const tabs = await openExpiredTabs(profile, 'warm')
    const [first, ...others] = tabs
    profile.pool.latencyMs = () => (profile.refreshes() === 1 ? 400 : 5)
    const answers = askEverywhere(others)
    const refresh = () =>
      profile.pool.calls.find(({ operation }) => operation === 'GetTokensFromRefreshToken')
    await until(() => Date.now() - (refresh()?.receivedAtMs ?? Infinity) >= afterMs)
    profile.pool.latencyMs = 5
    await first.app.evaluate((it) => it.signOutByManager())
    // The refresh was waited for: what it brought is signed out as well.
    expect(refresh()?.outcome).toBe('ok')
    expectStatus(await requestEverywhere([first]), 401)
    await answers
    await until(async () => (await events(others)).every((heard) => heard.includes('signedOut')))
    expectStatus(await requestEverywhere(tabs), 401)
    expect(profile.api.calls.filter(({ token }) => token !== undefined)).toEqual([])
    for (const tab of tabs) expectAll(await ask(tab), null)
    for (const tab of tabs) expect(await storedTokens(tab)).toEqual({})
  })

  describe('the grant is rejected: every tab asks the user to sign in again, and one sign-in does for all,', () => {
    const DIALOG = ['dialog opened', 'dialog closed']
    const heardOf = async (tabs: Tab[]) =>
      (await events(tabs)).map((heard) => heard.filter((type) => !/replayed|refreshFailed/.test(type)))
    const isAsked = (tab: Tab) => until(async () => (await heardOf([tab]))[0]?.[0] === 'dialog opened')

    test('whichever tab met the rejection, and wherever the user signs in', async () => {
      const tabs = await openTabs(profile, { hasDialog: true })
      const [first, second] = tabs
      expectStatus(await requestEverywhere(tabs, 2), 200)
      profile.pool.revokeAccessTokens()
      profile.pool.revokeRefreshTokens()
      const replies = requestEverywhere([first])
      for (const tab of tabs) await isAsked(tab)
      await second.app.evaluate((it) => it.signInByDialog())
      expectStatus(await replies, 200)
      await until(async () => (await heardOf(tabs)).every((heard) => heard.length === 2))
      expect(await heardOf(tabs)).toEqual([DIALOG, DIALOG, DIALOG, DIALOG])
      expectStatus(await requestEverywhere(tabs), 200)
      await expectSignedIn(tabs)
    })

    test('while all tabs make requests: one refresh, and all of them are answered', async () => {
      const tabs = await openExpiredTabs(profile, 'warm', { hasDialog: true })
      profile.pool.revokeRefreshTokens()
      const replies = requestEverywhere(tabs)
      for (const tab of tabs) await isAsked(tab)
      expect(profile.refreshes()).toBe(1)
      await tabs[3].app.evaluate((it) => it.signInByDialog())
      expectStatus(await replies, 200)
      expect(await heardOf(tabs)).toEqual([DIALOG, DIALOG, DIALOG, DIALOG])
      await expectSignedIn(tabs)
    })

    test('but when the user signs out in one of them nobody is asked', async () => {
      const tabs = await openTabs(profile, { hasDialog: true })
      const [first, ...others] = tabs
      expectStatus(await requestEverywhere(tabs, 2), 200)
      await first.app.evaluate((it) => it.signOutByManager())
      await until(async () => (await heardOf(others)).every((heard) => heard.length > 0))
      expect(await heardOf(tabs)).toEqual(tabs.map(() => ['signedOut']))
      expectStatus(await requestEverywhere(tabs), 401)
    })
  })
})
