import { assertFunction } from '../errors.js'
import type { AppLifecycle } from './lifecycle.js'

/** Never one long timer: those stand still during sleep, and overflow after 24 days. */
const CHECK_EVERY_MS = 15_000

/**
 * Calls `check` every now and then while the application is active, and when it comes back; returns what stops that.
 *
 * @throws TypeError for a wrong lifecycle
 */
export function keepChecking(
  check: () => void,
  lifecycle: AppLifecycle,
  whenOnline: () => void,
  life: AbortSignal,
): () => void {
  for (const name of ['isActive', 'subscribe'] as const) {
    assertFunction((Object(lifecycle) as Partial<AppLifecycle>)[name], `lifecycle.${name}`)
  }
  const checkIfActive = (): void => {
    if (lifecycle.isActive()) check()
  }
  const timer: unknown = setInterval(checkIfActive, CHECK_EVERY_MS)
  // Node would wait for it.
  ;(timer as { unref?: () => void }).unref?.()
  const unsubscribe = lifecycle.subscribe((change) => {
    if (change === 'online') whenOnline()
    checkIfActive()
  })
  const stop = (): void => {
    clearInterval(timer as number)
    unsubscribe()
    life.removeEventListener('abort', stop)
  }
  life.addEventListener('abort', stop)
  return stop
}
