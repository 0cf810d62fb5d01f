import { needOf } from '../../src/next/lifetime.js'
import { freezeDate, HOUR_MS, unsigned } from './app.js'

const MINUTE_MS = 60_000
const WINDOW_MS = 5 * MINUTE_MS

beforeEach(freezeDate)
afterEach(() => {
  jest.useRealTimers()
})

function token(leftMs: number, lifetimeMs = HOUR_MS) {
  const exp = (Date.now() + leftMs) / 1000
  return unsigned({ iat: exp - lifetimeMs / 1000, exp })
}
const need = (accessToken: string | undefined, idToken?: string, tokenUse: 'access' | 'id' = 'access') =>
  needOf(
    { username: 'alice', accessToken, idToken, refreshToken: 'r', deviceKey: undefined },
    WINDOW_MS,
    tokenUse,
  )

test.each<[string, () => [string | undefined, string?], 'expired' | 'due' | undefined]>([
  ['with more than the window left', () => [token(WINDOW_MS + 1_000)], undefined],
  ['with less than the window left', () => [token(WINDOW_MS - 1_000)], 'due'],
  ['that has expired', () => [token(0)], 'expired'],
  ['whose companion is due', () => [token(HOUR_MS), token(WINDOW_MS - 1_000)], 'due'],
  ['whose companion has expired', () => [token(HOUR_MS), token(0)], 'expired'],
  ['whose companion never expires', () => [token(HOUR_MS), unsigned({})], undefined],
  ['that never expires', () => [unsigned({})], undefined],
  ['that is missing', () => [undefined, token(HOUR_MS)], 'expired'],
  ['that is none', () => ['no token'], 'expired'],
  ['of four minutes, with most of them left', () => [token(3 * MINUTE_MS, 4 * MINUTE_MS)], undefined],
  ['of four minutes, with less than half of them left', () => [token(1.9 * MINUTE_MS, 4 * MINUTE_MS)], 'due'],
])('a token %s', (_, tokens, expected) => {
  expect(need(...tokens())).toBe(expected)
})

test('an ID token that is missing: needed where it is what is sent', () => {
  expect(need(token(HOUR_MS), undefined, 'access')).toBeUndefined()
  expect(need(token(HOUR_MS), undefined, 'id')).toBe('expired')
})

test('a window of nothing asks for what has expired only', () => {
  const session = { username: 'alice', idToken: undefined, refreshToken: 'r', deviceKey: undefined }
  expect(needOf({ ...session, accessToken: token(1_000) }, 0, 'access')).toBeUndefined()
  expect(needOf({ ...session, accessToken: token(0) }, 0, 'access')).toBe('expired')
})
