import type { AbortSignalLike } from './types.js'

/**
 * What the promise, which never rejects, gives; `late` if the signal aborts or `limitMs` have passed before it settled.
 * What it waits for cannot be stopped. Leaves no listener and no timer behind.
 */
export function waitFor<T>(
  promise: Promise<T>,
  late: T,
  limitMs?: number | false,
  signal?: AbortSignalLike | null,
): Promise<T> {
  return new Promise((resolve) => {
    const settle = (value: T): void => {
      clearTimeout(timer)
      signal?.removeEventListener?.('abort', giveUp)
      resolve(value)
    }
    const giveUp = (): void => {
      settle(late)
    }
    const timer = limitMs ? setTimeout(giveUp, limitMs) : undefined
    signal?.addEventListener?.('abort', giveUp)
    void promise.then(settle)
  })
}

/** Why a signal was aborted, as `fetch` would reject; for signals without a reason (React Native's), an AbortError. */
export function abortReason(signal: AbortSignalLike): unknown {
  return signal.reason ?? Object.assign(new Error('Aborted'), { name: 'AbortError' })
}
