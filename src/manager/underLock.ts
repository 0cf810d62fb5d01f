import type { RefreshLock } from './types.js'
import type { Outcome, Visit } from './visit.js'

/** Other tabs of Chromium may see what was stored this much later, the lock notwithstanding. */
const STORAGE_LAG_MS = 50

/** Keeps the lock until the visit has ended, or others can see what was stored or cleared; callers have the outcome before. */
export function underLock(
  lock: RefreshLock,
  name: string,
  visit: Visit,
  task: () => Promise<Outcome>,
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const hold = async (): Promise<void> => {
      visit.replaceable = false
      const outcome = task()
      resolve(outcome)
      const { refreshed, error } = await Promise.race([outcome.catch(() => visit.outcome), visit.outcome])
      // A provider whose grant was rejected has cleared what was stored.
      if (refreshed || error?.code === 'sessionExpired')
        await new Promise((proceed) => setTimeout(proceed, STORAGE_LAG_MS))
    }
    lock.run(name, hold, { signal: visit.signal }).catch(reject)
    // Abandoned before its turn came.
    void visit.outcome.then(resolve)
  })
}
