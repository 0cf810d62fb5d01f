import vm from 'node:vm'
import { BearerError, isBearerError, type BearerErrorCode } from '../src/index.js'

test.each<[BearerErrorCode, boolean]>([
  ['offline', true],
  ['throttled', true],
  ['serviceError', true],
  ['refreshTimeout', true],
  ['sessionExpired', false],
  ['signedOut', false],
  ['userChanged', false],
  ['invalidToken', false],
  ['tokenRefused', false],
  ['closed', false],
])('%s: retryable is %s', (code, retryable) => {
  expect(new BearerError(code)).toMatchObject({ name: 'BearerError', message: code, code, retryable })
})

test('the cause is what the token provider threw', () => {
  const thrown = new TypeError('Failed to fetch')
  expect(new BearerError('offline', thrown).cause).toBe(thrown)
})

const ofAnotherRealm: unknown = vm.runInNewContext(
  "Object.assign(new Error('offline'), { name: 'BearerError', code: 'offline' })",
)

test.each([
  ['one of its own', new BearerError('closed'), true],
  ['one of another realm', ofAnotherRealm, true],
  ['one that was cloned as plain data', { name: 'BearerError', code: 'offline' }, true],
  ['another error', new Error('BearerError'), false],
  ['nothing', null, false],
  ['its name alone', 'BearerError', false],
])('isBearerError, given %s', (_, value, expected) => {
  expect(isBearerError(value)).toBe(expected)
})
