import { openBrowser, type Browser } from './browser.js'
import { findChromium } from './chromium.js'
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

const executablePath = findChromium()
const describeInBrowser = executablePath ? describe : describe.skip

describeInBrowser('the end of a session, in Chromium', () => {
  let browser: Browser
  let profile: Profile

  beforeAll(async () => {
    browser = await openBrowser(executablePath)
  })
  afterAll(async () => {
    await browser.close()
  })
  beforeEach(async () => {
    profile = await browser.openProfile()
  })
  afterEach(async () => {
    await profile.close()
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

  describe('reauthenticate, which signs the same user in again,', () => {
    test('in one tab: its requests are answered, the others hear of a sign-out and a sign-in at most', async () => {
      const tabs = await openTabs(profile, { signsInAgain: true })
      const [first, ...others] = tabs
      expectStatus(await requestEverywhere(tabs, 2), 200)
      profile.pool.revokeAccessTokens()
      profile.pool.revokeRefreshTokens()
      expectStatus(await requestEverywhere([first]), 200)
      const replays = Array<string>(6).fill('replayed')
      expect(await events([first])).toEqual([['refreshFailed', 'reauthenticate', ...replays]])
      const { accessToken } = await storedTokens(first)
      const tokenOf = ({ app }: Tab) => app.evaluate((it) => it.ask('manager'))
      for (const tab of others) await until(async () => (await tokenOf(tab)) === accessToken)
      // Nothing, if it was over before storage showed them anything.
      for (const heard of await events(others)) expect(['', 'signedOut,signedIn']).toContain(heard.join())
      expectStatus(await requestEverywhere(tabs), 200)
      await expectSignedIn(tabs)
    })

    test('while all tabs make requests: those of one are answered, those of the others that waited fail', async () => {
      const tabs = await openExpiredTabs(profile, 'warm', { signsInAgain: true })
      profile.pool.revokeRefreshTokens()
      const replies = await Promise.all(tabs.map((tab) => requestEverywhere([tab])))
      const [answered, ...failed] = replies.sort(([one]) => ('status' in Object(one) ? -1 : 1))
      expectStatus(answered ?? [], 200)
      for (const reply of failed.flat()) expect(reply).toMatchObject({ error: 'signedOut' })
      const asked = (await events(tabs)).flat().filter((type) => type === 'reauthenticate')
      expect(asked).toHaveLength(1)
      expect((await events(tabs)).flat()).not.toContain('sessionExpired')
      const knowsAlice = (heard: string[]) => heard.includes('reauthenticate') || heard.includes('signedIn')
      await until(async () => (await events(tabs)).every(knowsAlice))
      expectStatus(await requestEverywhere(tabs), 200)
      expect(profile.refreshes()).toBe(1)
      await expectSignedIn(tabs)
    })
  })
})
