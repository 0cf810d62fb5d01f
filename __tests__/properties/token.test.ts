import fc from 'fast-check'
import { needOf, type Held } from '../../src/manager/need.js'
import type { Instant } from '../../src/token/instant.js'
import { leftMs, readToken, type Token } from '../../src/token/token.js'

const VALUE = 'header.payload.signature'
const HOUR_MS = 3_600_000
const NOW_S = 1_767_225_600

/** A device whose clock is right; `skewMs` is how far it is ahead in truth. */
const device = (atMs: number, skewMs = 0): Instant => ({
  wallMs: NOW_S * 1000 + atMs + skewMs,
  monotonicMs: atMs,
})
const read = (payload: Record<string, unknown>, at: Instant, issuerAheadMs?: number): Token => {
  const token = readToken({ payload, toString: () => VALUE }, at, issuerAheadMs)
  if (!token) throw new Error('no token')
  return token
}

const held = (token: Token): Held => ({
  ...token,
  tokens: { accessToken: { payload: {}, toString: () => VALUE } },
  companion: undefined,
})
const needsRefresh = (token: Token, now: Instant, windowMs: number): boolean =>
  needOf(held(token), {}, now, windowMs) !== undefined
const isExpired = (token: Token, now: Instant): boolean => needOf(held(token), {}, now, HOUR_MS) === 'expired'

const skewMs = fc.integer({ min: -10 * 365 * 24 * HOUR_MS, max: 10 * 365 * 24 * HOUR_MS })
const lifetimeS = fc.integer({ min: 1, max: 86_400 })
const passedMs = fc.nat({ max: 2 * 86_400_000 })
const windowMs = fc.nat({ max: HOUR_MS })

it('knows how long a newly issued token lasts, however wrong the device’s clock is', () => {
  fc.assert(
    fc.property(skewMs, lifetimeS, passedMs, (skew, lifetime, passed) => {
      const token = read({ iat: NOW_S, exp: NOW_S + lifetime }, device(0, skew))

      expect(isExpired(token, device(passed, skew))).toBe(passed >= lifetime * 1000)
    }),
  )
})

it('knows how long a stored token lasts, once it has learned the difference of the clocks', () => {
  fc.assert(
    fc.property(skewMs, lifetimeS, passedMs, passedMs, (skew, lifetime, stored, passed) => {
      const { issuerAheadMs } = read({ iat: NOW_S - 100, exp: NOW_S + 100 }, device(-100_000, skew))
      const token = read({ iat: NOW_S, exp: NOW_S + lifetime }, device(stored, skew), issuerAheadMs)

      expect(isExpired(token, device(stored + passed, skew))).toBe(stored + passed >= lifetime * 1000)
    }),
  )
})

it('never takes a token for younger when the wall clock jumps, nor when the monotonic one stands still', () => {
  fc.assert(
    fc.property(lifetimeS, passedMs, skewMs, passedMs, windowMs, (lifetime, passed, jump, slept, window) => {
      const token = read({ iat: NOW_S, exp: NOW_S + lifetime }, device(0))
      const before = device(passed)
      const corrected = { ...before, wallMs: before.wallMs + jump }
      const woken = { ...before, wallMs: before.wallMs + slept }

      for (const now of [corrected, woken]) {
        expect(leftMs(token, now)).toBeLessThanOrEqual(lifetime * 1000 - passed)
        expect(Number(isExpired(token, now))).toBeGreaterThanOrEqual(Number(isExpired(token, before)))
        expect(Number(needsRefresh(token, now, window))).toBeGreaterThanOrEqual(
          Number(needsRefresh(token, before, window)),
        )
      }
      expect(isExpired(token, woken)).toBe(passed + slept >= lifetime * 1000)
    }),
  )
})

it('is due from the window on, at the earliest after half of the lifetime, and at the latest when it has expired', () => {
  fc.assert(
    fc.property(lifetimeS, passedMs, windowMs, (lifetime, passed, window) => {
      const token = read({ iat: NOW_S, exp: NOW_S + lifetime }, device(0))
      const left = lifetime * 1000 - passed

      const due = needsRefresh(token, device(passed), window)

      expect(due && left > lifetime * 500).toBe(false)
      expect(due).toBe(left <= 0 || left < Math.min(window, lifetime * 500))
    }),
  )
})

it('takes what is no number of seconds for absent: without exp it never expires, without iat all of the window counts', () => {
  const odd = fc.constantFrom(undefined, null, '1767225600', Number.NaN, Infinity, -Infinity, {}, [], true)
  fc.assert(
    fc.property(odd, odd, lifetimeS, passedMs, windowMs, (exp, iat, lifetime, passed, window) => {
      const now = device(passed)
      const endless = read({ exp, iat: NOW_S }, device(0))
      const ageless = read({ exp: NOW_S + lifetime, iat }, device(0))

      expect([isExpired(endless, now), needsRefresh(endless, now, window)]).toEqual([false, false])
      expect(isExpired(ageless, now)).toBe(passed >= lifetime * 1000)
      expect(needsRefresh(ageless, now, window)).toBe(lifetime * 1000 - passed < Math.max(window, 1))
    }),
  )
})

it('reads what fits into a header, and nothing else', () => {
  const piece = fc.constantFrom(
    'a',
    'Z',
    '0',
    '9',
    '-',
    '.',
    '_',
    '~',
    '+',
    '/',
    '=',
    ' ',
    '\t',
    '\r\n',
    ',',
    '\0',
    'é',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const text = pieces.join('')
      const padding = pieces.indexOf('=')
      const fits = pieces.every(
        (one, at) => /^[-\w.~+/=]$/.test(one) && (padding < 0 || at < padding || one === '='),
      )

      const token = readToken({ payload: {}, toString: () => text }, device(0))

      expect(token?.value).toBe(fits && padding !== 0 && text ? text : undefined)
    }),
  )
})
