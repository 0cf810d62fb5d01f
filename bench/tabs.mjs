// Four tabs of one profile in a real Chromium, whose session expires for all of them at once: Amplify alone against the
// manager and its guard, by turns. Every run has a profile and a user pool (rotation without a grace period) of its own.
// Usage: node bench/tabs.mjs [RUNS]
import { createServer } from 'vite'

const RUNS = Number(process.argv[2] ?? 25)
// The tests' own setup, which is TypeScript.
const vite = await createServer({
  configFile: false,
  server: { middlewareMode: true, ws: false },
  appType: 'custom',
})
const load = (name) => vite.ssrLoadModule(`./__tests__/e2e/browser/${name}.ts`)
const { openBrowser } = await load('browser')
const { findChromium } = await load('chromium')
const { askEverywhere, openExpiredTabs } = await load('tabs')

const WAYS = [
  { name: 'Amplify alone', start: false, vias: ['amplify', 'amplify'] },
  { name: 'manager + guard', start: { guard: true }, vias: ['manager', 'amplify'] },
]
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1]

async function run(browser, warmth, { start, vias }) {
  const profile = await browser.openProfile()
  const tabs = await openExpiredTabs(profile, warmth, start)
  const startedMs = performance.now()
  const answers = await askEverywhere(tabs, vias)
  const tookMs = performance.now() - startedMs
  const refreshes = profile.refreshes()
  // Whether anything is left to refresh with, seen from a tab that knows nothing.
  const { app } = await profile.openTab(false)
  const { token } = await app.evaluate((it) => it.answer('amplify', { forceRefresh: true }))
  await profile.close()
  return { tookMs, refreshes, failed: answers.filter((answer) => !answer.token).length, signedOut: !token }
}

const browser = await openBrowser(findChromium())
const results = []
for (let i = 0; i < RUNS; i++) {
  for (const warmth of ['warm', 'cold']) {
    for (const way of WAYS) results.push({ way, warmth, ...(await run(browser, warmth, way)) })
  }
}
await browser.close()
await vite.close()

console.log(`4 tabs, 6 calls each, ${RUNS} runs`)
for (const warmth of ['warm', 'cold']) {
  for (const way of WAYS) {
    const rows = results.filter((row) => row.way === way && row.warmth === warmth)
    const refreshes = rows.map((row) => row.refreshes)
    const sum = (values) => values.reduce((a, b) => a + b, 0)
    console.log(
      `${way.name}, ${warmth} tabs: signed out in ${rows.filter((row) => row.signedOut).length} runs, ` +
        `${sum(rows.map((row) => row.failed))} of ${RUNS * 24} calls failed, ` +
        `refreshes a run ${(sum(refreshes) / RUNS).toFixed(2)} (at most ${Math.max(...refreshes)}), ` +
        `all answered after ${median(rows.map((row) => row.tookMs)).toFixed(0)} ms`,
    )
  }
}
