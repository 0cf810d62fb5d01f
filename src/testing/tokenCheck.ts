import { isRecord } from './checks.js'
import type { IssuedToken, Sessions } from './sessions.js'
import type { SigningKey } from './signingKey.js'

/** Whether an access or ID token is good now, and if not, why. */
export type Verdict =
  { valid: true; token: IssuedToken } | { valid: false; reason: 'invalid' | 'expired' | 'revoked' }

export type TokenCheck = (token: string) => Promise<Verdict>

/** Checks the signature, the time by the pool's clock, and what real APIs cannot see: whether it was revoked. */
export function createTokenCheck(key: SigningKey, sessions: Sessions, now: () => number): TokenCheck {
  return async (token) => {
    const claims = await key.read(token).catch(() => null)
    const issued = isRecord(claims) ? sessions.findIssued(claims['jti']) : undefined
    if (issued === undefined) return { valid: false, reason: 'invalid' }
    if (issued.revoked) return { valid: false, reason: 'revoked' }
    if (now() >= issued.claims.exp * 1000) return { valid: false, reason: 'expired' }
    return { valid: true, token: issued }
  }
}

/** The token in an `Authorization` header, or the header itself when it is a bare token. */
export function bearerToken(authorization: string): string {
  return authorization.replace(/^Bearer +/i, '').trim()
}
