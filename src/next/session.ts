import { decodeToken } from '../amplify/userPool.js'
import { decodeName, decodeValue, type Changes, type Cookie } from './cookies.js'

const PREFIX = 'CognitoIdentityServiceProvider'
/** What goes when a session ends; what a remembered device is known by stays, as with Amplify. */
const OF_A_SESSION =
  /\.(?:accessToken|idToken|refreshToken|clockDrift|signInDetails|oauthMetadata|LastAuthUser)$/
const TOKENS = ['accessToken', 'idToken', 'refreshToken'] as const

/** A session as a browser's cookies have it; any token may be missing. */
export interface Session {
  readonly username: string
  readonly accessToken: string | undefined
  readonly idToken: string | undefined
  readonly refreshToken: string | undefined
  readonly deviceKey: string | undefined
}

/** The cookies of one user pool client, as Amplify names them. */
export interface Jar {
  /** By decoded name; more than one of a name: the browser has it under several paths or domains. */
  readonly copies: ReadonlyMap<string, readonly Cookie[]>
  /** Who is signed in: of several, the one with the newest access token. */
  readonly session: Session | undefined
  /** The session's own names, and of duplicates the value that wins. */
  readonly winners: ReadonlyMap<string, string>
}

export const NO_COOKIES: Jar = { copies: new Map(), winners: new Map(), session: undefined }

export const lastAuthUserName = (clientId: string): string => `${PREFIX}.${clientId}.LastAuthUser`

/** What a sign-out leaves behind, so that no straggler brings its session back. */
export const signedOutName = (clientId: string): string => `amplify-bearer.${clientId}.signedOut`

/** What the proxy tells the rest of a request, which it has kept from refreshing: why it could not. */
export const failedName = (clientId: string): string => `amplify-bearer.${clientId}.failed`

/** What the proxy hides from the rest of the request then: a sign-out still has to revoke it. */
export const withheldName = (clientId: string): string => `amplify-bearer.${clientId}.withheld`

/** What the proxy marks tokens with that no browser has got yet. */
export const forwardedName = (clientId: string): string => `amplify-bearer.${clientId}.forwarded`

const nameOf = (clientId: string, username: string, what: string): string =>
  `${PREFIX}.${clientId}.${username}.${what}`

export function openJar(cookies: readonly Cookie[], clientId: string): Jar {
  const copies = new Map<string, Cookie[]>()
  for (const cookie of cookies) {
    const name = decodeName(cookie.name)
    if (name.startsWith(`${PREFIX}.${clientId}.`) || name.startsWith(`amplify-bearer.${clientId}.`))
      copies.set(name, [...(copies.get(name) ?? []), cookie])
  }
  const valuesOf = (name: string): string[] => (copies.get(name) ?? []).map(({ value }) => decodeValue(value))
  const last = (name: string): string | undefined => valuesOf(name).at(-1)

  // In a Server Action's own request a removed cookie is an empty one.
  const users = [...new Set(valuesOf(lastAuthUserName(clientId)))].filter(Boolean)
  const [newest] = users
    .flatMap((username) => {
      const tokens = valuesOf(nameOf(clientId, username, 'accessToken'))
      return (tokens.length ? tokens : [undefined]).map((token, index, { length }) => ({
        username,
        index,
        length,
        token,
      }))
    })
    .sort((one, other) => issuedAt(other.token) - issuedAt(one.token))

  const winners = new Map([...copies.keys()].map((name) => [name, last(name) ?? '']))
  if (!newest) return { copies, session: undefined, winners }

  const { username, index, length } = newest
  /** What was stored together is together: copies of all names come in the same order. */
  const beside = (what: string): string | undefined => {
    const values = valuesOf(nameOf(clientId, username, what))
    return values.length === length ? values[index] : values.at(-1)
  }
  for (const name of copies.keys()) {
    const own = nameOf(clientId, username, '')
    const value = name.startsWith(own) ? beside(name.slice(own.length)) : undefined
    if (value !== undefined) winners.set(name, value)
  }
  winners.set(lastAuthUserName(clientId), username)
  const [accessToken, idToken, refreshToken] = TOKENS.map(beside)
  return {
    copies,
    session: { username, accessToken, idToken, refreshToken, deviceKey: beside('deviceKey') },
    winners,
  }
}

/** What has to be written for one session to become the other. Not `LastAuthUser`, or a late answer would sign somebody in. */
export function changesBetween(clientId: string, before: Session, after: Session): Changes {
  return new Map(
    TOKENS.filter((what) => before[what] !== after[what]).map((what) => [
      nameOf(clientId, after.username, what),
      after[what] ?? null,
    ]),
  )
}

/** What has to be removed for a session to end: all that is there, and what this one has where only a part is. */
export function endOf(clientId: string, jar: Jar): Changes {
  const { session } = jar
  const own = session ? [...TOKENS, 'clockDrift', 'signInDetails'] : []
  const names = [
    ...own.map((what) => nameOf(clientId, session?.username ?? '', what)),
    lastAuthUserName(clientId),
  ]
  return new Map([...names.map((name) => [name, null] as const), ...removalOf(jar)])
}

/** The end of everything that a session leaves in these cookies. */
export function removalOf({ copies }: Jar): Changes {
  const names = [...copies.keys()].filter((name) => OF_A_SESSION.test(name))
  return new Map(names.map((name) => [name, null]))
}

/** The changes that keep everything later in the same request from refreshing. */
export function withoutRefreshToken(clientId: string, { username, refreshToken }: Session): Changes {
  return new Map([
    [nameOf(clientId, username, 'refreshToken'), null],
    [withheldName(clientId), refreshToken ?? null],
  ])
}

/** Which session tokens belong to: Cognito's `origin_jti`, by which it revokes; those of pools that revoke nothing have none. */
export function sessionId({
  accessToken,
  idToken,
}: Pick<Session, 'accessToken' | 'idToken'>): string | undefined {
  const id = decodeToken(accessToken ?? idToken)?.payload['origin_jti']
  return typeof id === 'string' ? id : undefined
}

/** In seconds; what is no token is the oldest. */
export function issuedAt(accessToken: string | undefined): number {
  const { iat } = decodeToken(accessToken)?.payload ?? {}
  return typeof iat === 'number' ? iat : -Infinity
}
