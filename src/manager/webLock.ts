import { platform, type WebLocks } from '../platform.js'
import type { RefreshLock } from './types.js'

/** How long others who lose patience at the same moment take to show. */
const SETTLING_MS = 50

/**
 * Web Locks (W3C), in pages and workers: in Node they would be shared by all users of a process. A holder that is frozen,
 * or hangs, loses the lock after less than half of `timeoutMs`: whoever has waited needs the rest.
 */
export function createWebLock(timeoutMs: number): RefreshLock | undefined {
  const locks = platform.location && platform.navigator?.locks
  return locks && { run: (name, task, { signal } = {}) => runLocked(locks, name, task, timeoutMs, signal) }
}

async function runLocked<T>(
  locks: WebLocks,
  name: string,
  task: () => Promise<T>,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<T> {
  let running: Promise<T> | undefined
  const impatience = new AbortController()
  const giveUp = (): void => {
    impatience.abort()
  }
  // At random, so that tabs do not lose patience all at once.
  const timer = setTimeout(giveUp, timeoutMs / (2 + Math.random()))
  const hold = (): Promise<T> => {
    clearTimeout(timer)
    return (running ??= task())
  }
  signal?.addEventListener('abort', giveUp)
  const granted = locks.request(name, { signal: impatience.signal }, hold)
  const holder = holderOf(locks, name)
  try {
    await granted
  } catch {
    if (signal?.aborted) throw signal.reason
    if (impatience.signal.aborted) {
      // Not from somebody who has stolen it meanwhile: that one is at work.
      if ((await holderOf(locks, name)) === (await holder)) await takeAway(locks, name, hold)
      if (!running) await locks.request(name, {}, hold).catch(giveUp)
    }
  }
  // Stolen from: it goes on. Denied, as to pages without an origin: it has not begun.
  return hold()
}

/** Takes the lock away, and begins unless somebody else has had the same idea at the same moment. */
async function takeAway(locks: WebLocks, name: string, hold: () => Promise<unknown>): Promise<void> {
  let lost = false
  const begin = async (): Promise<unknown> => {
    await new Promise((proceed) => setTimeout(proceed, SETTLING_MS))
    return lost || hold()
  }
  await locks.request(name, { steal: true }, begin).catch(() => (lost = true))
}

function holderOf(locks: WebLocks, name: string): Promise<string | undefined> {
  return locks.query().then(
    ({ held }) => held?.find((lock) => lock.name === name)?.clientId,
    () => undefined,
  )
}
