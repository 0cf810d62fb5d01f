import fc from 'fast-check'
import { createManager } from '../../src/manager/createManager.js'
import { toBearerError } from '../../src/amplify/toBearerError.js'
import type { ProvidedTokens, RefreshLock, TokenManager } from '../../src/index.js'
import { issue } from '../support/provider.js'
import { LIMIT_MS, RUNS } from './runs.js'

jest.setTimeout(LIMIT_MS)

beforeEach(() => {
  jest.useFakeTimers()
})
afterEach(() => {
  jest.useRealTimers()
})

/** Every operation of storage, network and lock takes as long as the schedule says. */
type Take = (label: string) => Promise<void>

/** Tabs that share storage and a lock, and a token service that rotates refresh tokens without a grace period. */
function createTabs(count: number, take: Take) {
  const storage: { tokens: ProvidedTokens; refreshToken: number } = {
    tokens: issue({ issuedAgoMs: 3_600_000 }),
    refreshToken: 0,
  }
  const service = { refreshToken: 0, refreshes: 0 }
  const lock = createLock(take)
  const listeners: ((change: string) => void)[] = []

  async function refresh(tab: number): Promise<ProvidedTokens> {
    const { refreshToken } = storage
    await take('call')
    service.refreshes++
    if (refreshToken !== service.refreshToken)
      throw Object.assign(new Error(), { name: 'NotAuthorizedException' })
    const next = { tokens: issue(), refreshToken: ++service.refreshToken }
    await take('answer')
    Object.assign(storage, next)
    // The others hear of it some time later, if at all.
    for (const [other, tell] of listeners.entries()) {
      if (other !== tab)
        void take('event').then(() => {
          tell('tokenRefresh')
        })
    }
    return next.tokens
  }

  const managers = Array.from({ length: count }, (_, tab): TokenManager => {
    const provider = {
      async getTokens({ forceRefresh = false } = {}) {
        if (forceRefresh) return refresh(tab)
        await take('look')
        return storage.tokens
      },
    }
    const watch = (listener: (change: string) => void) => {
      listeners.push(listener)
      return () => undefined
    }
    return createManager({ provider, watch }, toBearerError, { lock })
  })
  const managerOf = (tab: number): TokenManager => {
    const manager = managers[tab]
    if (!manager) throw new RangeError(String(tab))
    return manager
  }
  return { managers, managerOf, service, storage }
}

function createLock(take: Take): RefreshLock {
  let last: Promise<unknown> = Promise.resolve()
  return {
    async run(_, task) {
      const turn = last
      const result = turn.then(() => take('lock')).then(task)
      last = result.catch(() => undefined)
      return result
    },
  }
}

const asks = fc.array(fc.record({ tab: fc.nat({ max: 3 }), both: fc.boolean() }), {
  minLength: 1,
  maxLength: 12,
})

async function settle(scheduler: fc.Scheduler): Promise<void> {
  // The lock is kept for a moment after a refresh.
  for (let idle = 0; idle < 10; idle++) {
    await jest.advanceTimersByTimeAsync(10)
    if (scheduler.count() === 0) continue
    idle = 0
    await scheduler.waitNext(1)
  }
}

it('four tabs, asked in any order, with storage, network, lock and events as slow as can be: one refresh, one token', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), asks, asks, async (scheduler, first, later) => {
      const { managers, managerOf, service, storage } = createTabs(4, (label) =>
        scheduler.schedule(Promise.resolve(), label),
      )
      const ask = ({ tab, both }: { tab: number; both: boolean }) => {
        const manager = managerOf(tab)
        return both ? manager.getTokens().then((tokens) => String(tokens?.accessToken)) : manager.getToken()
      }
      const asked = first.map(ask)
      await jest.advanceTimersByTimeAsync(1)
      await scheduler.waitNext(Math.floor(scheduler.count() / 2))
      asked.push(...later.map(ask))
      const found = Promise.all(asked)
      found.catch(() => undefined)
      await settle(scheduler)
      expect(new Set(await found)).toEqual(new Set([String(storage.tokens.accessToken)]))
      expect(service.refreshes).toBe(1)
      for (const manager of managers) manager.close()
    }),
    { numRuns: RUNS },
  )
})

it('and whoever forces a refresh: one at a time, each with the newest refresh token', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), asks, async (scheduler, forced) => {
      const { managers, managerOf, service } = createTabs(4, (label) =>
        scheduler.schedule(Promise.resolve(), label),
      )
      const outcomes = Promise.allSettled(
        forced.map(({ tab }) => managerOf(tab).getToken({ forceRefresh: true })),
      )
      await settle(scheduler)
      expect((await outcomes).filter(({ status }) => status === 'rejected')).toEqual([])
      expect(service.refreshes).toBe(new Set(forced.map(({ tab }) => tab)).size)
      for (const manager of managers) manager.close()
    }),
    { numRuns: RUNS },
  )
})
