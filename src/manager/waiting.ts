import type { AbortSignalLike } from './types.js'

/**
 * What the promise gives; `late` if the signal aborts or `limitMs` have passed before it settled. What it waits for
 * cannot be stopped. Leaves no listener and no timer behind.
 */
export async function waitFor<T>(
  promise: Promise<T>,
  late: T,
  limitMs?: number | false,
  signal?: AbortSignalLike,
): Promise<T> {
  let stop = (): void => undefined
  const stopped = new Promise<T>((resolve) => {
    stop = () => {
      resolve(late)
    }
  })
  const timer = limitMs ? setTimeout(stop, limitMs) : undefined
  signal?.addEventListener?.('abort', stop)
  try {
    return await Promise.race([promise, stopped])
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener?.('abort', stop)
  }
}

/** Why a signal was aborted, as `fetch` would reject; for signals without a reason (React Native's), an AbortError. */
export function abortReason(signal: AbortSignalLike): unknown {
  return signal.reason ?? Object.assign(new Error('Aborted'), { name: 'AbortError' })
}
