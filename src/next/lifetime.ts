import { decodeToken } from '../amplify/userPool.js'
import { currentInstant } from '../token/instant.js'
import { isDue, leftMs, readToken } from '../token/token.js'
import type { Session } from './session.js'

/** Why a session's tokens will not do: with `'due'` they still may. */
export type Need = 'expired' | 'due' | undefined

/**
 * Whether a session's tokens have expired, or are about to. The server's clock is taken to be right: what the browser has
 * stored about its own (`clockDrift`) says nothing here.
 */
export function needOf({ accessToken, idToken }: Session, windowMs: number, tokenUse: 'access' | 'id'): Need {
  const now = currentInstant()
  const tokens = [accessToken, idToken].map((value) => readToken(decodeToken(value), now, 0))
  if (!tokens[tokenUse === 'id' ? 1 : 0]) return 'expired'
  if (tokens.some((token) => token && leftMs(token, now) <= 0)) return 'expired'
  return tokens.some((token) => token && isDue(token, now, windowMs)) ? 'due' : undefined
}
