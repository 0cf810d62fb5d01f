import type { RefreshLock } from './types.js'
import { waitFor } from './waiting.js'

/** How long a refresh under way, here or in another tab, is waited for. */
const PATIENCE_MS = 3_000

/** Runs a task once: after `previous` and under the lock, if its turn comes soon, and out of turn otherwise. */
export async function takeTurn(
  previous: Promise<unknown>,
  lock: RefreshLock | undefined,
  name: string | undefined,
  task: () => Promise<unknown>,
): Promise<void> {
  let running: Promise<unknown> | undefined
  const run = (): Promise<unknown> => (running ??= task())
  const waiting = new AbortController()
  const { signal } = waiting
  const inTurn = previous.then(() => (lock && name ? lock.run(name, run, { signal }) : run()))
  await waitFor(
    inTurn.catch(() => undefined),
    undefined,
    PATIENCE_MS,
  )
  waiting.abort()
  await run()
}
