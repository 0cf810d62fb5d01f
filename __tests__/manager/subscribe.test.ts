import { createTokenManager } from '../../src/index.js'
import { createProvider } from '../support/provider.js'

afterEach(() => {
  Object.assign(globalThis, { reportError: undefined })
})

test('what a listener throws is reported as any uncaught error', async () => {
  const reportError = jest.fn()
  Object.assign(globalThis, { reportError })
  const manager = createTokenManager({ tokenProvider: createProvider() })
  const bug = new Error('a bug of the application')
  manager.subscribe(() => {
    throw bug
  })
  await manager.getToken({ forceRefresh: true })
  expect(reportError.mock.calls).toEqual([[bug]])
})

test('a listener that an event adds hears the next one first', async () => {
  const manager = createTokenManager({ tokenProvider: createProvider() })
  const late = jest.fn()
  const stop = manager.subscribe(() => {
    manager.subscribe(late)
    stop()
  })
  await manager.getToken({ forceRefresh: true })
  expect(late).not.toHaveBeenCalled()
  await manager.getToken({ forceRefresh: true })
  expect(late).toHaveBeenCalledTimes(1)
})
