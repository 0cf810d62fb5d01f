import type { Reply } from './page/clients.js'
import type { Answer, Via } from './page/main.js'
import type { Profile, Start, Tab } from './profile.js'

export type Tabs = [Tab, Tab, Tab, Tab]

/** One after the other: the last one is in front. */
export async function openTabs(profile: Profile, start?: Start): Promise<Tabs> {
  const open = () => profile.openTab(start)
  return [await open(), await open(), await open(), await open()]
}

/**
 * Tabs whose session expired an hour ago. Cold ones have not read localStorage yet; warm ones have, before that: each
 * process keeps a copy of its own, which the others' changes reach only later.
 */
export async function openExpiredTabs(
  profile: Profile,
  warmth: 'warm' | 'cold',
  start?: Start,
): Promise<Tabs> {
  if (warmth === 'cold') {
    const first = await profile.openTab(false)
    await expire(profile, first)
    const tabs = await openTabs(profile, start)
    await first.page.close()
    return tabs
  }
  const tabs = await openTabs(profile, start)
  for (const { app } of tabs) await app.evaluate((it) => it.readSession())
  const refreshToken = await expire(profile, tabs[0])
  const sees = (wanted: string) => window.app.readSession()['refreshToken'] === wanted
  await Promise.all(tabs.map(({ page }) => page.waitForFunction(sees, refreshToken, { polling: 5 })))
  return tabs
}

/** Plants expired tokens; the refresh token among them is good. */
async function expire({ pool }: Profile, { app }: Tab): Promise<string> {
  const tokens = await pool.issue('alice', { issuedAgoMs: 7_200_000 })
  await app.evaluate((it, expired) => {
    it.plantTokens(expired)
  }, tokens)
  return tokens.refreshToken
}

/** Six calls in each tab, all tabs at once. */
export async function askEverywhere(
  tabs: Tab[],
  vias: [Via, Via] = ['manager', 'amplify'],
): Promise<Answer[]> {
  const calls = [...vias, ...vias, ...vias]
  const answers = await Promise.all(
    tabs.map(({ app }) => app.evaluate((it, asked) => it.burst(asked), calls)),
  )
  return answers.flat()
}

/** Both ways to a token in one tab; `force`: the manager is to refresh before. */
export async function ask({ app }: Tab, force = false): Promise<Answer[]> {
  const forceRefresh = { forceRefresh: force }
  const byManager = await app.evaluate((it, options) => it.answer('manager', options), forceRefresh)
  return [byManager, await app.evaluate((it) => it.answer('amplify'))]
}

/** Requests of the API in each tab, all tabs at once. */
export async function requestEverywhere(tabs: Tab[], timesEach = 6): Promise<Reply[]> {
  const replies = await Promise.all(
    tabs.map(({ app }) => app.evaluate((it, times) => it.request(times), timesEach)),
  )
  return replies.flat()
}

export async function startAutoRefresh(tabs: Tab[]): Promise<void> {
  for (const { app } of tabs) {
    await app.evaluate((it) => {
      it.startAutoRefresh()
    })
  }
}

/** What listeners have heard, tab by tab. */
export function events(tabs: Tab[]): Promise<string[][]> {
  return Promise.all(tabs.map(({ app }) => app.evaluate((it) => it.events())))
}

export async function storedTokens({ app }: Tab): Promise<Partial<Record<string, string>>> {
  const stored = await app.evaluate((it) => it.readSession())
  return Object.fromEntries(Object.entries(stored).filter(([part]) => part.endsWith('Token')))
}
