import { CompactSign, calculateJwkThumbprint, compactVerify, exportJWK, generateKeyPair } from 'jose'
import type { JSONWebKeySet } from 'jose'
import type { TokenClaims } from './claims.js'

/** The pool's RS256 key, generated when it is first needed. */
export interface SigningKey {
  sign(claims: TokenClaims): Promise<string>
  /** What the token says, if this key has signed it; its times are not looked at. */
  read(token: string): Promise<unknown>
  /** The public half, as Cognito serves it. */
  jwks(): Promise<JSONWebKeySet>
}

export function createSigningKey(): SigningKey {
  let generated: ReturnType<typeof generate> | undefined
  const key = () => (generated ??= generate())

  return {
    async sign(claims) {
      const { kid, privateKey } = await key()
      return new CompactSign(encode(claims)).setProtectedHeader({ alg: 'RS256', kid }).sign(privateKey)
    },
    async read(token) {
      const { publicKey } = await key()
      const { payload } = await compactVerify(token, publicKey, { algorithms: ['RS256'] })
      const claims: unknown = JSON.parse(new TextDecoder().decode(payload))
      return claims
    },
    async jwks() {
      return { keys: [(await key()).jwk] }
    },
  }
}

async function generate() {
  const { privateKey, publicKey } = await generateKeyPair('RS256')
  const publicJwk = await exportJWK(publicKey)
  const kid = await calculateJwkThumbprint(publicJwk)
  return { privateKey, publicKey, kid, jwk: { ...publicJwk, kid, alg: 'RS256', use: 'sig' } }
}

/** Copied into an array of this realm: jest's jsdom has a TextEncoder from another one, whose arrays jose's SignJWT refuses. */
function encode(claims: TokenClaims): Uint8Array {
  return Uint8Array.from(new TextEncoder().encode(JSON.stringify(claims)))
}
