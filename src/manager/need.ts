import type { Instant } from '../token/instant.js'
import { leftMs, type Token } from '../token/token.js'
import type { GetTokenOptions, RefreshReason } from './types.js'

/** What is in hand: a token, nobody (`null`), or not known (`undefined`). */
export type Hand = Token | null | undefined

/** Why what is in hand will not do for a request; with `'due'` it still may. What is not known counts as expired. */
export function needOf(
  hand: Hand,
  { forceRefresh, rejectedToken }: GetTokenOptions,
  now: Instant,
  windowMs: number,
): RefreshReason | undefined {
  if (forceRefresh) return 'forced'
  if (!hand) return hand === null ? undefined : 'expired'
  if (hand.value === rejectedToken) return 'rejected'
  const left = leftMs(hand, now)
  if (left <= 0) return 'expired'
  // The window never exceeds half of the lifetime, or short-lived tokens would always be due.
  return left < Math.min(windowMs, hand.lifetimeMs / 2) ? 'due' : undefined
}
