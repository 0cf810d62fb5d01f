import { wait, type Clock } from './clock.js'
import { between, type Random } from './random.js'
import type { Quirk } from './week.js'

/** The way from the device to the servers. */
export interface Network {
  readonly isUp: () => boolean
  /** How often it has been lost. */
  readonly losses: () => number
  readonly lose: (quirk?: Quirk) => void
  readonly regain: () => void
  /**
   * A call. One that has begun gets its answer: where the answer to a refresh is lost, the refresh token is used up, and
   * no client can mend that (it is what rotation's grace period is for).
   *
   * @throws TypeError as `fetch` does, when there is no network
   */
  readonly call: <T>(answer: () => Promise<T> | T) => Promise<T>
}

/** Amplify tries three times: all of that ends before `refreshTimeoutMs`. */
const HANGS_MS = 8_000

export function createNetwork(clock: Clock, random: Random): Network {
  let up = true
  let hangs = false
  let losses = 0
  const hanging = new Set<() => void>()

  return {
    isUp: () => up,
    losses: () => losses,
    lose(quirk) {
      up = false
      hangs = quirk === 'hangs'
      losses++
    },
    regain() {
      up = true
      // As in Chromium (ERR_NETWORK_CHANGED), when the page has heard that it is online.
      for (const fail of hanging) setTimeout(fail, 5)
      hanging.clear()
    },
    async call(answer) {
      if (!up) {
        if (hangs) await Promise.race([wait(HANGS_MS), new Promise<void>((fail) => hanging.add(fail))])
        else await wait(2)
        throw new TypeError('Failed to fetch')
      }
      const halfwayMs = between(random, 20, 300)
      await wait(halfwayMs)
      const answered = await clock.standStill(async () => answer())
      await wait(halfwayMs)
      return answered
    },
  }
}
