import fc from 'fast-check'
import { CLIENTS, type Client } from './clients.js'
import type { DatedFact } from './journal.js'
import { LIMIT_MS, RUNS } from './runs.js'
import { beginTime, createWorld, rest, type World } from './world.js'

jest.setTimeout(LIMIT_MS)

afterEach(() => {
  jest.useRealTimers()
})

const PLAN = { refreshes: [], reads: [], readsEarly: false }
const crowd = fc.array(fc.constantFrom(...CLIENTS), { minLength: 1, maxLength: 12, size: 'max' })

/** Runs a property in worlds whose answers, the API's and the token provider's, arrive in every order. */
async function inEveryOrder(
  live: (world: World, crowd: Client[], latecomers: Client[], scheduler: fc.Scheduler) => Promise<void>,
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), crowd, crowd, async (scheduler, clients, latecomers) => {
      beginTime()
      const world = createWorld(PLAN, (label) => scheduler.schedule(Promise.resolve(), label))
      world.request('fetch', '/open', false)
      await scheduler.waitIdle()
      await live(world, clients, latecomers, scheduler)
      await arrive(scheduler)
      world.manager.close()
      expect(world.waiting.size).toBe(0)
    }),
    { numRuns: RUNS },
  )
}

/** Lets all answers arrive, and those that they lead to. */
async function arrive(scheduler: fc.Scheduler): Promise<void> {
  await rest()
  while (scheduler.count() > 0) {
    await scheduler.waitIdle()
    await rest()
  }
}

function request(world: World, clients: readonly Client[]): void {
  for (const client of clients) world.request(client, '/open', false)
}

const refreshes = ({ facts }: World): DatedFact[] =>
  facts.filter((fact) => fact.type === 'called' && fact.forced)
const sends = ({ facts }: World): DatedFact[] => facts.filter(({ type }) => type === 'sent')
const replays = ({ facts }: World): DatedFact[] =>
  facts.filter((fact) => fact.type === 'told' && fact.event.type === 'replayed' && fact.event.accepted)

it('costs one refresh when any number of requests is rejected with the same token, whoever comes in the middle of it', async () => {
  await inEveryOrder(async (world, clients, latecomers, scheduler) => {
    world.session.revoke()
    request(world, clients)
    await rest()
    if (scheduler.count() > 1) await scheduler.waitNext(scheduler.count() / 2)
    request(world, latecomers)
    await arrive(scheduler)

    expect(refreshes(world)).toHaveLength(1)
    expect(replays(world).length).toBeGreaterThanOrEqual(clients.length)
    expect(sends(world)).toHaveLength(1 + clients.length + latecomers.length + replays(world).length)
  })
})

it('costs one refresh, and no replay, when the token in hand has expired or is due', async () => {
  await inEveryOrder(async (world, clients, latecomers, scheduler) => {
    jest.advanceTimersByTime(clients.length % 2 ? 45_000 : 70_000)
    request(world, clients)
    await rest()
    await scheduler.waitNext(1)
    request(world, latecomers)
    await arrive(scheduler)

    expect(refreshes(world)).toHaveLength(1)
    expect(sends(world)).toHaveLength(1 + clients.length + latecomers.length)
  })
})

it('costs no refresh when a 401 is late: the token has been replaced meanwhile', async () => {
  await inEveryOrder(async (world, clients, _, scheduler) => {
    request(world, clients)
    await rest()
    world.session.revoke()
    world.session.refresh()
    world.session.tell('tokenRefresh')
    await arrive(scheduler)

    expect(refreshes(world)).toHaveLength(0)
    expect(replays(world)).toHaveLength(clients.length)
  })
})
