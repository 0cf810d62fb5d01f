/** The device's clocks, as jest fakes them, and the true time, which the servers have. */
export interface Clock {
  /** Since Monday 0:00. */
  readonly trueMs: () => number
  /** How far the device's wall clock is ahead of the true time. */
  readonly aheadMs: () => number
  /** Time passes on a device that is awake, one timer after the other. */
  readonly pass: (ms: number) => Promise<void>
  /** Time passes until then. */
  readonly until: <T>(promise: Promise<T>) => Promise<T>
  /** The lid is closed: no timer fires, and the monotonic clock stands still; only the wall clock has gone on. */
  readonly sleep: (ms: number) => void
  /** Sets the wall clock, and nothing else. */
  readonly set: (byMs: number) => void
  /** No time passes while this runs: what takes real time, as signing does, takes none of the device's. */
  readonly standStill: <T>(task: () => Promise<T>) => Promise<T>
}

/** A real Monday, 0:00. */
const MONDAY_MS = Date.UTC(2026, 2, 23)

export function startClock(): Clock {
  // Real turns of the event loop are what a step of the clock waits for.
  jest.useFakeTimers({ now: MONDAY_MS, doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] })
  let aheadMs = 0
  let busy = 0

  const set = (byMs: number): void => {
    jest.setSystemTime(Date.now() + byMs)
  }

  /** Lets everything run that waits for no timer. */
  async function settle(): Promise<void> {
    do await turn()
    while (busy > 0)
  }

  async function until<T>(promise: Promise<T>): Promise<T> {
    const state = { settled: false }
    const done = (): void => {
      state.settled = true
    }
    promise.then(done, done)
    for (;;) {
      await settle()
      if (state.settled) return promise
      jest.advanceTimersToNextTimer()
    }
  }

  return {
    trueMs: () => Date.now() - aheadMs - MONDAY_MS,
    aheadMs: () => aheadMs,
    pass: (ms) => until(wait(ms)),
    until,
    // Of jest's clocks this moves `Date` alone: neither `performance.now()` nor a timer.
    sleep: set,
    set(byMs) {
      aheadMs += byMs
      set(byMs)
    },
    async standStill(task) {
      busy++
      try {
        return await task()
      } finally {
        // What follows from it has begun before the clock goes on.
        await turn()
        busy--
      }
    },
  }
}

export const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
