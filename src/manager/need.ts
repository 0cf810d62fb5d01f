import type { Instant } from '../token/instant.js'
import { isDue, leftMs, type Token } from '../token/token.js'
import type { GetTokenOptions, ProvidedTokens, RefreshReason } from './types.js'

/** A token, and what it came with. */
export interface Held extends Token {
  readonly tokens: ProvidedTokens
  /** The ID token beside an access token, or the other way round: it may expire earlier. */
  readonly companion: Token | undefined
}

/** What is in hand: a token, nobody (`null`), or not known (`undefined`). */
export type Hand = Held | null | undefined

/** What a caller of the manager wants. */
export interface Wish extends GetTokenOptions {
  /** Both tokens are wanted. */
  readonly all?: boolean
  /** Nobody waits: a token that is about to be due is refreshed before requests have to wait for that. */
  readonly inBackground?: boolean
}

/** Before a token is due: two checks of auto refresh. For tokens that live a few minutes, less. */
const EARLY_MS = 30_000

/** Why what is in hand will not do for a request; with `'due'` it still may. What is not known counts as expired. */
export function needOf(
  hand: Hand,
  { forceRefresh, rejectedToken, all, inBackground }: Wish,
  now: Instant,
  windowMs: number,
): RefreshReason | undefined {
  if (forceRefresh) return 'forced'
  if (!hand) return hand === null ? undefined : 'expired'
  if (hand.value === rejectedToken) return 'rejected'
  if (leftMs(hand, now) <= 0 || (all && hand.companion && leftMs(hand.companion, now) <= 0)) return 'expired'
  const earlyMs = inBackground ? Math.min(EARLY_MS, hand.lifetimeMs / 8) : 0
  return isDue(hand, now, windowMs, earlyMs) ? 'due' : undefined
}
