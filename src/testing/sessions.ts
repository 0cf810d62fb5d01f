import { checkKeys, checkNumber } from './checks.js'
import { accessTokenClaims, idTokenClaims } from './claims.js'
import type { TokenClaims } from './claims.js'
import { CognitoError } from './cognitoError.js'
import type { UserPoolSettings } from './options.js'
import type { SigningKey } from './signingKey.js'
import type { PoolUser } from './users.js'

/** The tokens of one answer. The refresh token is opaque; the others are JWTs. */
export interface TokenSet {
  accessToken: string
  idToken: string
  refreshToken: string
}

/** What a refresh brings: a new refresh token only with rotation. */
export interface RefreshedTokens extends Omit<TokenSet, 'refreshToken'> {
  refreshToken: string | undefined
}

/** What `pool.issue()` can be asked to make different. */
export interface IssueOptions {
  /** How long ago the user signed in and got the tokens, in milliseconds. @default 0 */
  issuedAgoMs?: number
  /** @default the pool's */
  accessTokenValidityMs?: number
  /** @default accessTokenValidityMs if it is given, otherwise the pool's */
  idTokenValidityMs?: number
}

/** A sign-in and all the tokens that come of it; Cognito tells them by `origin_jti`. */
interface Session {
  readonly user: PoolUser
  readonly originJti: string
  readonly authTimeMs: number
  refreshRevoked: boolean
}

interface RefreshToken {
  readonly session: Session
  /** When rotation put another one in its place. */
  replacedAtMs: number | undefined
}

/** A JWT the pool has issued. */
export interface IssuedToken {
  readonly claims: TokenClaims
  readonly user: PoolUser
  revoked: boolean
}

export interface Sessions {
  start(user: PoolUser, options?: IssueOptions): Promise<TokenSet>
  /** @throws CognitoError when the grant is rejected */
  refresh(refreshToken: string): Promise<RefreshedTokens>
  /** Ends the session of this refresh token, access and ID tokens included. A token that is none is not an error. */
  end(refreshToken: string): void
  findIssued(jti: unknown): IssuedToken | undefined
  revokeAccessTokens(user?: PoolUser): void
  revokeRefreshTokens(user?: PoolUser): void
}

/** @throws TypeError naming the option, what was given and what is wanted */
export function checkIssueOptions(options: IssueOptions): void {
  checkKeys('issue', options, ['issuedAgoMs', 'accessTokenValidityMs', 'idTokenValidityMs'])
  for (const [name, value] of Object.entries(options)) checkNumber(`issue.${name}`, value, 0)
}

/** Who is signed in: the refresh tokens, what was issued on them, and what has been revoked. */
export function createSessions(
  settings: UserPoolSettings & { readonly issuer: string },
  key: SigningKey,
  now: () => number,
): Sessions {
  const refreshTokens = new Map<string, RefreshToken>()
  const issued = new Map<unknown, IssuedToken>()

  async function mint(session: Session, issuedAtMs: number, validity: IssueOptions = {}) {
    const { accessTokenValidityMs = settings.accessTokenValidityMs } = validity
    const { idTokenValidityMs = validity.accessTokenValidityMs ?? settings.idTokenValidityMs } = validity
    const grant = { ...session, issuedAtMs, issuer: settings.issuer, clientId: settings.clientId }
    const [accessToken, idToken] = await Promise.all([
      sign(accessTokenClaims(grant, accessTokenValidityMs), session.user),
      sign(idTokenClaims(grant, idTokenValidityMs), session.user),
    ])
    return { accessToken, idToken }
  }

  function sign(claims: TokenClaims, user: PoolUser): Promise<string> {
    issued.set(claims.jti, { claims, user, revoked: false })
    return key.sign(claims)
  }

  function createRefreshToken(session: Session): string {
    const refreshToken = `refresh-${crypto.randomUUID()}`
    refreshTokens.set(refreshToken, { session, replacedAtMs: undefined })
    return refreshToken
  }

  /** Judges the grant and, with rotation, uses it up: all in one step, so that of two calls one gets through. */
  function spend(refreshToken: string): { session: Session; successor: string | undefined } {
    const grant = refreshTokens.get(refreshToken)
    if (grant === undefined) throw rejection('Invalid Refresh Token.')
    const { session } = grant
    if (!session.user.enabled) throw rejection('User is disabled.')
    if (session.refreshRevoked) throw rejection('Refresh Token has been revoked')
    // Rotation does not prolong a session: a successor expires when the first refresh token would have.
    if (now() >= session.authTimeMs + settings.refreshTokenValidityMs)
      throw rejection('Refresh Token has expired')
    if (settings.rotation === false) return { session, successor: undefined }
    if (grant.replacedAtMs !== undefined && now() >= grant.replacedAtMs + settings.rotation.gracePeriodMs) {
      throw new CognitoError('RefreshTokenReuseException', 'Refresh Token has been replaced by rotation')
    }
    grant.replacedAtMs ??= now()
    return { session, successor: createRefreshToken(session) }
  }

  return {
    async start(user, options = {}) {
      const authTimeMs = now() - (options.issuedAgoMs ?? 0)
      const session = { user, originJti: crypto.randomUUID(), authTimeMs, refreshRevoked: false }
      const refreshToken = createRefreshToken(session)
      return { ...(await mint(session, authTimeMs, options)), refreshToken }
    },
    async refresh(refreshToken) {
      const { session, successor } = spend(refreshToken)
      return { ...(await mint(session, now())), refreshToken: successor }
    },
    end(refreshToken) {
      const session = refreshTokens.get(refreshToken)?.session
      if (session === undefined) return
      session.refreshRevoked = true
      revokeIssued(({ claims }) => claims.origin_jti === session.originJti)
    },
    findIssued: (jti) => issued.get(jti),
    revokeAccessTokens(user) {
      revokeIssued((token) => user === undefined || token.user === user)
    },
    revokeRefreshTokens(user) {
      for (const { session } of refreshTokens.values()) {
        if (user === undefined || session.user === user) session.refreshRevoked = true
      }
    },
  }

  function revokeIssued(matches: (token: IssuedToken) => boolean): void {
    for (const token of issued.values()) if (matches(token)) token.revoked = true
  }
}

function rejection(message: string): CognitoError {
  return new CognitoError('NotAuthorizedException', message)
}
