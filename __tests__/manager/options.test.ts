import { createTokenManager, type TokenManagerOptions } from '../../src/index.js'
import { createProvider } from '../support/provider.js'

test.each([
  [{ refreshWindowMs: -1 }, 'refreshWindowMs must be milliseconds from 0 to 2147483647, not -1'],
  [{ refreshWindowMs: NaN }, 'refreshWindowMs must be'],
  [{ refreshWindowMs: '5' }, 'refreshWindowMs must be milliseconds from 0 to 2147483647, not "5"'],
  [{ refreshTimeoutMs: 0 }, 'refreshTimeoutMs must be milliseconds from 1 to 2147483647, not 0'],
  [{ refreshTimeoutMs: 2 ** 31 }, 'refreshTimeoutMs must be'],
  [{ tokenUse: 'refresh' }, "tokenUse must be 'access' or 'id', not \"refresh\""],
  [{ lock: {} }, 'lock.run must be a function, not "undefined"'],
  [{ lock: { run: 'fast' } }, 'lock.run must be a function, not "string"'],
  [{ tokenProvider: {} }, 'tokenProvider.getTokens must be a function, not "undefined"'],
  [{ tokenProvider: { getTokens: 7 } }, 'tokenProvider.getTokens must be a function, not "number"'],
  [{ tokenProvider: null }, 'tokenProvider.getTokens must be a function'],
  [{ tokenProvider: 'eyJhbGciOi' }, 'tokenProvider.getTokens must be a function, not "undefined"'],
])('%j is refused at creation', (options, message) => {
  const create = () => createTokenManager(options as TokenManagerOptions)
  expect(create).toThrow(TypeError)
  expect(create).toThrow(`amplify-bearer: ${message}`)
})

test('an option that it does not know is refused by its name', () => {
  const options = { tokenProvider: createProvider(), refreshWindow: 1 }
  expect(() => createTokenManager(options)).toThrow(
    new TypeError(
      'amplify-bearer: an option of createTokenManager must be one that it knows, not "refreshWindow"',
    ),
  )
})
