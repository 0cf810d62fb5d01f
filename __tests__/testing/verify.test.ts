import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import { setupServer } from 'msw/node'
import { createUserPool } from '../../src/testing/index.js'

const HOUR_MS = 3_600_000

describe('verify', () => {
  it('reads an Authorization header or a bare token', async () => {
    const pool = createUserPool()
    const { accessToken, idToken } = await pool.issue()

    await expect(pool.verify(`Bearer ${accessToken}`)).resolves.toEqual(decodeJwt(accessToken))
    await expect(pool.verify(`bearer ${accessToken}`)).resolves.toMatchObject({ token_use: 'access' })
    await expect(pool.verify(idToken)).resolves.toEqual(decodeJwt(idToken))
  })

  it.each([
    ['nothing', undefined],
    ['no header', null],
    ['an empty header', ''],
    ['an empty token', 'Bearer '],
    ['garbage', 'Bearer garbage'],
    ['an unsigned token', 'Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.'],
  ])('refuses %s', async (_case, authorization) => {
    await expect(createUserPool().verify(authorization)).resolves.toBeNull()
  })

  it('refuses another pool’s tokens, changed tokens and refresh tokens', async () => {
    const pool = createUserPool()
    const own = await pool.issue()
    const foreign = await createUserPool().issue()
    const [header, , signature] = own.accessToken.split('.')
    const [, foreignPayload] = foreign.accessToken.split('.')

    await expect(pool.verify(foreign.accessToken)).resolves.toBeNull()
    await expect(pool.verify([header, foreignPayload, signature].join('.'))).resolves.toBeNull()
    await expect(pool.verify(own.refreshToken)).resolves.toBeNull()
  })

  it('goes by the pool’s clock', async () => {
    const pool = createUserPool({ clockSkewMs: -HOUR_MS })
    const { accessToken } = await pool.issue()
    const { iat, exp } = decodeJwt(accessToken)
    const hourAgo = Math.floor((Date.now() - HOUR_MS) / 1000)

    expect(Math.abs(Number(iat) - hourAgo)).toBeLessThanOrEqual(1)
    expect(Number(exp) - Number(iat)).toBe(3600)
    await expect(pool.verify(accessToken)).resolves.not.toBeNull()

    pool.clockSkewMs = 0
    await expect(pool.verify(accessToken)).resolves.toBeNull()
  })

  it('sees revocation, which the token itself does not show', async () => {
    const pool = createUserPool({
      users: ['alice', 'bob'].map((username) => ({ username, password: 'secret' })),
    })
    const alice = await pool.issue('alice')
    const bob = await pool.issue('bob')

    pool.revokeAccessTokens('alice')

    await expect(pool.verify(alice.accessToken)).resolves.toBeNull()
    await expect(pool.verify(alice.idToken)).resolves.toBeNull()
    await expect(pool.verify(bob.accessToken)).resolves.toMatchObject({ username: 'bob' })
    const later = await pool.issue('alice')
    await expect(pool.verify(later.accessToken)).resolves.toMatchObject({ username: 'alice' })

    pool.revokeAccessTokens()
    await expect(pool.verify(bob.accessToken)).resolves.toBeNull()
  })
})

describe('issue', () => {
  it('makes tokens that are about to expire, or have', async () => {
    const pool = createUserPool()

    const expiring = await pool.issue('alice', { issuedAgoMs: HOUR_MS - 10_000 })
    const expired = await pool.issue('alice', { issuedAgoMs: HOUR_MS })

    expect(Number(decodeJwt(expiring.accessToken).exp) * 1000 - Date.now()).toBeLessThanOrEqual(10_000)
    await expect(pool.verify(expiring.accessToken)).resolves.not.toBeNull()
    await expect(pool.verify(expired.accessToken)).resolves.toBeNull()
  })

  it('makes tokens with a validity of their own', async () => {
    const pool = createUserPool({ idTokenValidityMs: 2 * HOUR_MS })
    const validityOf = (token: string) => Number(decodeJwt(token).exp) - Number(decodeJwt(token).iat)

    const usual = await pool.issue()
    const short = await pool.issue('alice', { accessTokenValidityMs: 300_000 })
    const mixed = await pool.issue('alice', { accessTokenValidityMs: 300_000, idTokenValidityMs: 600_000 })

    expect([validityOf(usual.accessToken), validityOf(usual.idToken)]).toEqual([3600, 7200])
    expect([validityOf(short.accessToken), validityOf(short.idToken)]).toEqual([300, 300])
    expect([validityOf(mixed.accessToken), validityOf(mixed.idToken)]).toEqual([300, 600])
  })
})

describe('the public keys', () => {
  it('let an API check tokens by itself, over the endpoint', async () => {
    const pool = createUserPool()
    const endpoint = await pool.listen()
    const { accessToken } = await pool.issue()

    const keys = createRemoteJWKSet(new URL(endpoint.jwksUrl))
    const { payload, protectedHeader } = await jwtVerify(accessToken, keys, { issuer: pool.issuer })

    expect(payload).toMatchObject({ username: 'alice' })
    expect(protectedHeader).toEqual({ alg: 'RS256', kid: decodeProtectedHeader(accessToken).kid })
    await pool.close()
  })

  it('are at the issuer’s address, through MSW', async () => {
    const pool = createUserPool({ userPoolId: 'eu-west-1_Rabbit' })
    const server = setupServer(...pool.handlers())
    server.listen({ onUnhandledRequest: 'error' })
    const { idToken } = await pool.issue()

    const configuration = (await (await fetch(`${pool.issuer}/.well-known/openid-configuration`)).json()) as {
      jwks_uri: string
    }
    const keys = createRemoteJWKSet(new URL(configuration.jwks_uri))

    await expect(
      jwtVerify(idToken, keys, { issuer: pool.issuer, audience: pool.clientId }),
    ).resolves.toMatchObject({ payload: { 'cognito:username': 'alice' } })
    server.close()
  })
})
