import { after, leftUntilMs, type Instant } from './instant.js'

/** A decoded JSON Web Token as Amplify hands it out: `toString()` gives the token itself. */
export interface Jwt {
  readonly payload: Readonly<Record<string, unknown>>
  toString(): string
}

/** A bearer token in hand. */
export interface Token {
  readonly value: string
  /** The user it belongs to: the `sub` claim (RFC 7519, section 4.1.2), if it has one. */
  readonly subject: unknown
  /** On either of this device's clocks; never without an `exp` claim. */
  readonly expiresAt: Instant
  /** `exp` − `iat`; infinite where either is missing. */
  readonly lifetimeMs: number
  /** How far the issuer's clock is ahead of this device's, as far as is known. */
  readonly issuerAheadMs: number
}

/** The characters of a bearer token (RFC 6750, section 2.1). Anything else could break out of the header. */
const B64_TOKEN = /^[\w.~+/-]+=*$/

/**
 * Reads a token's claims; `undefined` for what is no bearer token.
 *
 * `issuerAheadMs` is how far the issuer's clock is known to be ahead of this device's. Without it the token is taken to
 * be issued at this moment: then its whole lifetime is left, and the difference of the clocks is learned.
 */
export function readToken(jwt: Jwt | undefined, now: Instant, issuerAheadMs?: number): Token | undefined {
  const value = String(jwt)
  if (!jwt || !B64_TOKEN.test(value)) return undefined
  // A token without claims (or no JWT at all) is one that never expires.
  const { exp, iat, sub } = Object(jwt.payload) as Partial<Jwt['payload']>
  const expiresAtMs = milliseconds(exp, Infinity)
  const lifetimeMs = expiresAtMs - milliseconds(iat, -Infinity)
  const aheadMs = issuerAheadMs ?? milliseconds(iat, now.wallMs) - now.wallMs
  // Never more than its lifetime: an `iat` in the future only says that this device's clock is behind.
  const left = Math.min(expiresAtMs - now.wallMs - aheadMs, lifetimeMs)
  return { value, subject: sub, expiresAt: after(now, left), lifetimeMs, issuerAheadMs: aheadMs }
}

/** How long the token still is good for; negative when it has expired. */
export function leftMs({ expiresAt }: Token, now: Instant): number {
  return leftUntilMs(expiresAt, now)
}

/** The window never exceeds half of the lifetime, or short-lived tokens would always be due. */
export function isDue(token: Token, now: Instant, windowMs: number, earlyMs = 0): boolean {
  return leftMs(token, now) < Math.min(windowMs, token.lifetimeMs / 2) + earlyMs
}

/** JWT claims count seconds (RFC 7519, NumericDate). */
function milliseconds(claim: unknown, otherwise: number): number {
  return Number.isFinite(claim) ? (claim as number) * 1000 : otherwise
}
