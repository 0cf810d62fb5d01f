import { readBuilt } from './globalSetup.js'
import { openStage, type Stage } from './stage.js'
import { cookieName, openVisitor } from './visitor.js'

jest.setTimeout(120_000)

const [app] = readBuilt().apps
const RUNS = 20
const REQUESTS = 8

interface Figures {
  readonly signedOut: number
  readonly answered: number
  readonly refreshes: number
  readonly medianMs: number
}

/** What docs/nextjs.md tells: `NEXT_FIGURES=1 npm run test:next -- adapter` prints it. */
describe(`${REQUESTS} parallel requests with the same expired cookies, ${RUNS} times, by turns`, () => {
  let stage: Stage
  const figures: Record<string, Figures> = {}

  beforeAll(async () => {
    if (!app) throw new Error('Nothing was built')
    stage = await openStage(app, { withKeys: true })
    const kinds = ['/bare/adapter', '/bare/api', '/api/whoami']
    const runs = new Map(kinds.map((path) => [path, [] as Run[]]))
    for (let count = 0; count < RUNS; count++) for (const path of kinds) runs.get(path)?.push(await run(path))
    for (const [path, done] of runs) figures[path] = summary(done)
    if (process.env['NEXT_FIGURES']) console.table(figures)
  })
  afterAll(() => stage.close())

  type Run = Awaited<ReturnType<typeof run>>

  async function run(path: string) {
    const visitor = await openVisitor(stage)
    // With a drift of minus ten minutes the adapter hands out what has expired.
    visitor.cookies.set(cookieName('alice', 'clockDrift'), '0')
    const before = stage.refreshes()
    const startedMs = performance.now()
    const responses = await Promise.all(Array.from({ length: REQUESTS }, () => visitor.get(path)))
    const tookMs = performance.now() - startedMs
    const answered = responses.filter(({ status }) => status === 200).length
    const refreshes = stage.refreshes() - before
    return { answered, refreshes, tookMs, isSignedIn: (await visitor.get(path)).status === 200 }
  }

  function summary(runs: readonly Run[]): Figures {
    const times = runs.map(({ tookMs }) => tookMs).sort((one, other) => one - other)
    return {
      signedOut: runs.filter(({ isSignedIn }) => !isSignedIn).length,
      answered: runs.reduce((sum, { answered }) => sum + answered, 0),
      refreshes: runs.reduce((sum, { refreshes }) => sum + refreshes, 0) / RUNS,
      medianMs: Math.round(times[RUNS / 2] ?? 0),
    }
  }

  test("Amplify's adapter alone: each refreshes, one is answered, and the user is signed out", () => {
    expect(figures['/bare/adapter']).toMatchObject({ answered: RUNS, refreshes: REQUESTS })
    expect(figures['/bare/adapter']?.signedOut).toBeGreaterThan(RUNS / 2)
  })

  test.each([
    ['in the Route Handlers', '/bare/api'],
    ['in the proxy', '/api/whoami'],
  ])('one refresh %s, all are answered, and nobody is signed out', (_, path) => {
    expect(figures[path]).toMatchObject({ answered: RUNS * REQUESTS, refreshes: 1, signedOut: 0 })
  })
})
