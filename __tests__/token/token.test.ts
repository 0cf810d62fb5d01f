import { leftMs, readToken, type Jwt } from '../../src/token/token.js'

const HOUR_MS = 3_600_000
const NOW = { wallMs: 1_767_225_600_000, monotonicMs: 5_000 }
const NOW_S = NOW.wallMs / 1_000

const jwt = (value: string, payload?: Jwt['payload']) => ({ payload, toString: () => value }) as Jwt

test.each(['header.payload.signature', 'opaque', 'p4dd3d==', 'all-of~these_+/.'])('%s is read', (value) => {
  expect(readToken(jwt(value), NOW)?.value).toBe(value)
})

test.each(['', '=', 'a=b', 'a b', 'a\r\nx-admin: yes', ' a', 'a,b', 'tök'])('%j is no token', (value) => {
  expect(readToken(jwt(value), NOW)).toBeUndefined()
})

test.each([
  { claims: 'no payload', payload: undefined, left: Infinity },
  { claims: 'no claims', payload: {}, left: Infinity },
  { claims: 'an exp that is no number', payload: { exp: '1767225600' }, left: Infinity },
  { claims: 'an exp that is not finite', payload: { exp: NaN }, left: Infinity },
  { claims: 'no iat', payload: { exp: NOW_S + 3_600 }, left: HOUR_MS },
  { claims: 'an iat that is not finite', payload: { exp: NOW_S + 3_600, iat: NaN }, left: HOUR_MS },
  { claims: 'an iat long ago', payload: { exp: NOW_S - 3_600, iat: NOW_S - 7_200 }, left: HOUR_MS },
  { claims: 'an iat in the future', payload: { exp: NOW_S + 7_200, iat: NOW_S + 3_600 }, left: HOUR_MS },
])('a newly issued token with $claims has $left ms left', ({ payload, left }) => {
  const token = readToken(jwt('token', payload), NOW)
  expect(token && leftMs(token, NOW)).toBe(left)
})
