import { assertFunction, assertOption } from '../errors.js'
import type { RefreshLock, TokenManagerOptions } from './types.js'
import { createWebLock } from './webLock.js'

/** The longest a timer can be set for (a 32-bit integer); past it timers fire at once. */
const LONGEST_TIMER_MS = 2_147_483_647

/** What the options come to. @throws TypeError for a wrong one */
export function readOptions({
  tokenUse = 'access',
  refreshWindowMs = 300_000,
  refreshTimeoutMs = 30_000,
  lock,
  reauthenticate,
  reauthenticateTimeoutMs = 300_000,
  reauthenticateQueueSize = 100,
  ...unknown
}: Omit<TokenManagerOptions, 'tokenProvider'>) {
  const [stranger] = Object.keys(unknown)
  assertOption(stranger === undefined, 'an option of createTokenManager', stranger, 'one that it knows')
  assertOption(['access', 'id'].includes(tokenUse), 'tokenUse', tokenUse, "'access' or 'id'")
  assertMilliseconds('refreshWindowMs', refreshWindowMs, 0)
  assertMilliseconds('refreshTimeoutMs', refreshTimeoutMs, 1)
  if (lock !== undefined) assertFunction((Object(lock) as Partial<RefreshLock>).run, 'lock.run')
  if (reauthenticate !== undefined) assertFunction(reauthenticate, 'reauthenticate')
  assertMilliseconds('reauthenticateTimeoutMs', reauthenticateTimeoutMs, 1)
  assertOption(
    reauthenticateQueueSize >= 0,
    'reauthenticateQueueSize',
    reauthenticateQueueSize,
    'a number of requests from 0',
  )
  return {
    tokenUse,
    refreshWindowMs,
    refreshTimeoutMs,
    lock: lock ?? createWebLock(refreshTimeoutMs),
    reauthenticate,
    patience: { timeoutMs: reauthenticateTimeoutMs, queueSize: reauthenticateQueueSize },
  }
}

/** @throws TypeError naming the option, what was given and what is wanted */
export function assertMilliseconds(name: string, given: number, least: number): void {
  const nearest = Math.max(least, Math.min(given, LONGEST_TIMER_MS))
  assertOption(given === nearest, name, given, `milliseconds from ${least} to ${LONGEST_TIMER_MS}`)
}
