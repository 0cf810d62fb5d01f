import { serve, type NetworkAnswer, type NetworkRequest } from '../native/network.js'

export const ORIGIN = 'https://api.example.com'
const COGNITO = 'https://cognito-idp.us-east-1.amazonaws.com/'
export const AUTH = { Cognito: { userPoolId: 'us-east-1_hermes', userPoolClientId: 'testclient' } }
export const HOUR_MS = 3_600_000

/** What the API got: which URL, with which token, if any. */
export interface Seen {
  readonly url: string
  readonly token: string | undefined
}

/** A user pool that rotates refresh tokens without a grace period, and an API that takes its newest access token only. */
export interface Cloud {
  readonly seen: Seen[]
  readonly refreshes: () => number
  /** How many requests the API answered with a 401. */
  readonly refused: () => number
  /** The API takes no token until the pool has issued another. */
  readonly revokeAccessToken: () => void
  /** The pool rejects the next refresh. */
  readonly revokeRefreshToken: () => void
  /** The API takes no token at all. */
  readonly refuseAll: () => void
  readonly goOffline: () => void
  readonly goOnline: () => void
}

export function openCloud(): Cloud {
  const seen: Seen[] = []
  let refreshes = 0
  let issued = 0
  let accessToken = ''
  let refreshToken = ''
  let expiresAtMs = 0
  let refused = 0
  let refusesAll = false
  let online = true

  function issue(): NetworkAnswer {
    issued++
    const iat = Math.floor(Date.now() / 1000)
    expiresAtMs = iat * 1000 + HOUR_MS
    const claims = { sub: 'alice-sub', iat, exp: iat + HOUR_MS / 1000, jti: `token-${issued}` }
    accessToken = encodeJwt({ ...claims, token_use: 'access', username: 'alice' })
    refreshToken = `refresh-${issued}`
    const idToken = encodeJwt({ ...claims, token_use: 'id', 'cognito:username': 'alice' })
    const tokens = { AccessToken: accessToken, IdToken: idToken, RefreshToken: refreshToken }
    return {
      status: 200,
      body: { AuthenticationResult: { ...tokens, ExpiresIn: HOUR_MS / 1000, TokenType: 'Bearer' } },
    }
  }

  function cognito({ headers, body }: NetworkRequest): NetworkAnswer {
    const operation = headers['x-amz-target']?.split('.')[1]
    if (operation === 'InitiateAuth') return issue()
    if (operation === 'GetTokensFromRefreshToken') {
      refreshes++
      const { RefreshToken } = JSON.parse(body) as { RefreshToken: string }
      if (RefreshToken === refreshToken) return issue()
      return refuse('NotAuthorizedException')
    }
    if (operation === 'RevokeToken') return { status: 200, body: {} }
    return refuse('InvalidParameterException')
  }

  function api({ url, headers }: NetworkRequest): NetworkAnswer {
    const token = headers['authorization']?.replace('Bearer ', '')
    seen.push({ url, token })
    if (token === accessToken && Date.now() < expiresAtMs && !refusesAll)
      return { status: 200, body: { url } }
    refused++
    return { status: 401, body: { url } }
  }

  serve((request) => {
    if (!online) throw new Error('The Internet connection appears to be offline.')
    return request.url === COGNITO ? cognito(request) : api(request)
  })

  return {
    seen,
    refreshes: () => refreshes,
    refused: () => refused,
    revokeAccessToken() {
      accessToken = 'none'
    },
    revokeRefreshToken() {
      refreshToken = 'none'
    },
    refuseAll() {
      refusesAll = true
    },
    goOffline() {
      online = false
    },
    goOnline() {
      online = true
    },
  }
}

function refuse(name: string): NetworkAnswer {
  return { status: 400, body: { __type: name, message: name } }
}

const encodeJwt = (claims: object): string =>
  `${base64url(JSON.stringify({ alg: 'none' }))}.${base64url(JSON.stringify(claims))}.${base64url('unsigned')}`

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** Of ASCII text; the engine has no `btoa`. */
function base64url(text: string): string {
  const bits = Array.from(text, (char) => char.charCodeAt(0).toString(2).padStart(8, '0')).join('')
  return (bits.match(/.{1,6}/g) ?? []).map((six) => ALPHABET[parseInt(six.padEnd(6, '0'), 2)]).join('')
}
