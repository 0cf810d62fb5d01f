import { figuresOf, REFRESHABLE_MS, tableOf, type Figures } from './figures.js'
import { openTabs } from './fourTabs.js'
import type { Journal } from './journal.js'
import { openTab } from './oneTab.js'
import { play, type Surroundings, type World } from './play.js'
import { planWeek } from './week.js'

jest.setTimeout(120_000)

/** Another seed is another week of the same story. */
const SEED = Number(process.env['WEEK_SEED'] ?? 1)
const plan = planWeek(SEED)
const columns: Record<string, Figures> = {}

async function live(name: string, open: (surroundings: Surroundings) => World): Promise<Journal> {
  const journal = await play(plan, SEED, open)
  columns[name] = figuresOf(plan, journal)
  return journal
}

// `npm run week`
afterAll(async () => {
  if (!process.env['WEEK_FIGURES']) return
  await live('one tab, on demand', openTab('on demand'))
  await live('the recipe', openTab('recipe'))
  process.stdout.write(`\n${tableOf(columns)}\n`)
})

describe.each([
  ['one tab', openTab('auto refresh')],
  ['four tabs', openTabs()],
])('a week with auto refresh: %s', (name, open) => {
  let journal: Journal
  let figures: Figures

  beforeAll(async () => {
    journal = await live(name, open)
    figures = figuresOf(plan, journal)
  })

  test('every request that is made online is answered', () => {
    const failed = journal.asked.filter(({ online, outcome }) => online && outcome !== 'answered')
    expect(failed).toEqual([])
    expect(figures['answered online']).toBeGreaterThan(5_000)
  })

  test('requests that are made offline fail with nothing else than that', () => {
    expect(figures['offline: otherwise']).toBe(0)
    expect(figures['made offline']).toBeGreaterThan(100)
    expect(figures['offline: `offline`']).toBeGreaterThan(0)
  })

  test('nobody is signed out, and no refresh token is used twice', () => {
    const told = [...journal.told.keys()].join()
    expect(told).not.toMatch(/sessionExpired|signedOut|userChanged/)
    expect(journal.signOuts()).toBe(0)
    expect(journal.refused.refreshTokens).toBe(0)
  })

  test('a token is refreshed when it is about to be due, and somebody uses it', () => {
    const early = journal.refreshes.filter(({ leftMs }) => leftMs > REFRESHABLE_MS)
    expect(early.length).toBeLessThanOrEqual(figures['clock changes'])
    expect(journal.refreshes.filter(({ inUse }) => !inUse)).toEqual([])
  })

  test('at most one refresh per lifetime of use, and one for a change of the clock', () => {
    expect(figures['tokens issued']).toBeLessThanOrEqual(
      figures['lifetimes of use'] + figures['clock changes'],
    )
  })

  test('in use no request waits for a refresh', () => {
    const waited = journal.asked.filter(({ moment, waitedMs = 0 }) => moment === 'in use' && waitedMs > 0)
    expect(waited.filter(({ online }) => online)).toEqual([])
  })

  test('one token is refused, after both clocks were misled', () => {
    expect(figures['tokens that the API refused']).toBeGreaterThan(0)
    expect(figures['refreshes: rejected']).toBeLessThanOrEqual(1)
  })

  test('the week has hardships', () => {
    expect(figures['failed refreshes: offline']).toBeGreaterThan(0)
    expect(figures['failed refreshes: service error or throttled']).toBeGreaterThan(0)
    expect(figures['refreshed too early']).toBeGreaterThan(0)
  })
})

test('without auto refresh nothing fails, but requests wait', async () => {
  await live('four tabs, on demand', openTabs({ autoRefresh: false }))
  expect(columns['four tabs, on demand']).toMatchObject({ 'failed online': 0, 'sign-outs': 0 })
  expect(columns['four tabs, on demand']?.['waited in use']).toBeGreaterThan(50)
})
