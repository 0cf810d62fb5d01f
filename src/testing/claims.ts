import type { PoolUser } from './users.js'

interface CommonClaims {
  sub: string
  iss: string
  /** Of all tokens of one sign-in, refreshed ones included; what revocation goes by. */
  origin_jti: string
  event_id: string
  /** When the user signed in, in seconds. */
  auth_time: number
  /** Seconds. */
  iat: number
  /** Seconds. */
  exp: number
  jti: string
  'cognito:groups'?: readonly string[]
}

/** What an access token says, as Cognito's does. */
export interface AccessTokenClaims extends CommonClaims {
  token_use: 'access'
  client_id: string
  username: string
  scope: 'aws.cognito.signin.user.admin'
}

/** What an ID token says, as Cognito's does; the user's attributes are claims of their own. */
export interface IdTokenClaims extends CommonClaims {
  token_use: 'id'
  aud: string
  'cognito:username': string
  [attribute: string]: unknown
}

export type TokenClaims = AccessTokenClaims | IdTokenClaims

/** What the two tokens of one answer share. */
export interface Grant {
  readonly user: PoolUser
  readonly issuer: string
  readonly clientId: string
  readonly originJti: string
  readonly authTimeMs: number
  readonly issuedAtMs: number
}

export function accessTokenClaims(grant: Grant, validityMs: number): AccessTokenClaims {
  return {
    ...commonClaims(grant, validityMs),
    token_use: 'access',
    client_id: grant.clientId,
    username: grant.user.username,
    scope: 'aws.cognito.signin.user.admin',
  }
}

export function idTokenClaims(grant: Grant, validityMs: number): IdTokenClaims {
  return {
    ...attributeClaims(grant.user.attributes),
    ...commonClaims(grant, validityMs),
    token_use: 'id',
    aud: grant.clientId,
    'cognito:username': grant.user.username,
  }
}

function commonClaims(grant: Grant, validityMs: number): CommonClaims {
  return {
    sub: grant.user.sub,
    iss: grant.issuer,
    origin_jti: grant.originJti,
    event_id: crypto.randomUUID(),
    auth_time: toSeconds(grant.authTimeMs),
    iat: toSeconds(grant.issuedAtMs),
    exp: toSeconds(grant.issuedAtMs + validityMs),
    jti: crypto.randomUUID(),
    ...(grant.user.groups.length > 0 && { 'cognito:groups': grant.user.groups }),
  }
}

/** Attributes are strings in Cognito's API, but `email_verified` and `phone_number_verified` are booleans in its ID tokens. */
function attributeClaims(attributes: Readonly<Record<string, string>>): Record<string, string | boolean> {
  const entries = Object.entries(attributes)
  return Object.fromEntries(
    entries.map(([name, value]) => [name, name.endsWith('_verified') ? value === 'true' : value]),
  )
}

function toSeconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000)
}
