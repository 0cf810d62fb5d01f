import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { closeServer } from '../browser/closeServer.js'
import { readBuilt } from './globalSetup.js'
import { openStage, type Stage } from './stage.js'
import { createVisitor, openVisitor } from './visitor.js'

jest.setTimeout(120_000)

const PROCESSES = 3
const RUNS = 5
const REQUESTS = 8

/** As Redis would: a turn for each name, and what the last task of that name has brought. */
async function serveLock(): Promise<Server> {
  const values = new Map<string, string>()
  const turns = new Map<string, (() => void)[]>()
  const server = createServer((request, response) => {
    void (async () => {
      const name = request.url ?? ''
      const waiting = turns.get(name)
      if (request.method === 'POST') {
        if (waiting) await new Promise<void>((turn) => waiting.push(turn))
        else turns.set(name, [])
        return response.end(values.get(name) ?? 'null')
      }
      let value = ''
      for await (const chunk of request) value += String(chunk)
      values.set(name, value)
      const next = waiting?.shift()
      if (next) next()
      else turns.delete(name)
      return response.end()
    })()
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  return server
}

describe(`${PROCESSES} processes, ${REQUESTS} requests with the same expired cookies`, () => {
  const [app] = readBuilt().apps
  let lock: Server
  let stage: Stage

  beforeAll(async () => (lock = await serveLock()))
  afterAll(() => closeServer(lock))
  afterEach(() => stage.close())

  /** To each process in turn, several times. */
  async function spread(path: string, gracePeriodMs: number) {
    if (!app) throw new Error('Nothing was built')
    const { port } = lock.address() as AddressInfo
    const env = { LOCK_URL: `http://127.0.0.1:${port}` }
    stage = await openStage(app, { processes: PROCESSES, env, rotation: { gracePeriodMs } })
    const runs: { refreshes: number; answered: number; later: number }[] = []
    for (let run = 0; run < RUNS; run++) {
      const before = stage.refreshes()
      const { cookies } = await openVisitor(stage)
      const responses = await Promise.all(
        Array.from({ length: REQUESTS }, (_, index) => {
          const url = stage.urls[index % PROCESSES] ?? ''
          return createVisitor({ ...stage, url }, cookies).getInVain(path)
        }),
      )
      const count = (wanted: number) => responses.filter(({ status }) => status === wanted).length
      runs.push({ refreshes: stage.refreshes() - before, answered: count(200), later: count(503) })
    }
    return runs
  }

  test('with a lock that remembers: one refresh, and all are answered', async () => {
    const runs = await spread('/bare/locked', 0)
    expect(runs).toEqual(Array(RUNS).fill({ refreshes: 1, answered: REQUESTS, later: 0 }))
  })

  test('with a grace period: one refresh each, and all are answered', async () => {
    const runs = await spread('/bare/api', 10_000)
    expect(runs).toEqual(Array(RUNS).fill({ refreshes: PROCESSES, answered: REQUESTS, later: 0 }))
  })

  test('with neither: one refresh each, and only the fastest process answers', async () => {
    for (const { refreshes, answered, later } of await spread('/bare/api', 0)) {
      expect(refreshes).toBe(PROCESSES)
      expect([2, 3]).toContain(answered)
      // Nobody is signed out.
      expect(later).toBe(REQUESTS - answered)
    }
  })
})
