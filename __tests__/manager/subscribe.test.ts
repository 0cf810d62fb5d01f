import { createTokenManager } from '../../src/index.js'
import { accessTokenOf, createProvider, issue } from '../support/provider.js'

test('what a listener throws is printed, and breaks nothing', async () => {
  const print = jest.spyOn(console, 'error').mockImplementation(() => undefined)
  const provider = createProvider(issue({ issuedAgoMs: 3_600_000 }))
  const manager = createTokenManager({ tokenProvider: provider })
  const heard: string[] = []
  const bug = new Error('a bug of the application')
  manager.subscribe(() => {
    throw bug
  })
  const stop = manager.subscribe(({ type }) => heard.push(type))
  expect(await manager.getToken()).toBe(accessTokenOf(provider.stored))
  stop()
  await manager.getToken({ forceRefresh: true })
  expect(heard).toEqual(['refreshed'])
  expect(print.mock.calls).toEqual([[bug], [bug]])
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

test('what is no function is refused, instead of failing at every event', () => {
  const manager = createTokenManager({ tokenProvider: createProvider() })
  const listener = 'sessionExpired' as unknown as () => void
  expect(() => manager.subscribe(listener)).toThrow(
    new TypeError('amplify-bearer: listener must be a function, not "string"'),
  )
})
