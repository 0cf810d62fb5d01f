import { getEventListeners } from 'node:events'
import { toBearerError } from '../../src/amplify/toBearerError.js'
import { createTokenManager } from '../../src/index.js'
import { createManager } from '../../src/manager/createManager.js'
import { createProvider, deferred, issue } from '../support/provider.js'

beforeEach(() => {
  jest.useFakeTimers()
})

test('who has just asked is released, and the provider is not asked any more', async () => {
  const provider = createProvider()
  const manager = createTokenManager({ tokenProvider: provider })
  const asked = manager.getToken()
  manager.close()
  await expect(asked).rejects.toMatchObject({ code: 'closed', retryable: false })
  expect(provider.reads).toBe(0)
})

test('no refresh follows a look that was under way', async () => {
  const provider = createProvider()
  const read = deferred<ReturnType<typeof issue>>()
  const getTokens = jest.spyOn(provider, 'getTokens').mockReturnValue(read.promise)
  const manager = createTokenManager({ tokenProvider: provider })
  void Promise.allSettled([manager.getToken()])
  await jest.advanceTimersByTimeAsync(0)
  manager.close()
  read.resolve(issue({ issuedAgoMs: 3_600_000 }))
  await jest.advanceTimersByTimeAsync(0)
  expect(getTokens).toHaveBeenCalledTimes(1)
})

test('a refresh that hangs leaves no timer, and fails nobody', async () => {
  const provider = createProvider(issue({ issuedAgoMs: 3_600_000 }))
  provider.onRefresh = () => new Promise(() => undefined)
  const manager = createTokenManager({ tokenProvider: provider })
  const waiting = manager.getToken()
  await jest.advanceTimersByTimeAsync(0)
  manager.close()
  await expect(waiting).rejects.toMatchObject({ code: 'closed' })
  expect(jest.getTimerCount()).toBe(0)
  expect(manager.stats().failures).toEqual({})
})

test('listeners hear nothing more, not even of requests that were under way', async () => {
  const manager = createTokenManager({ tokenProvider: createProvider() })
  const events: unknown[] = []
  manager.subscribe((event) => events.push(event))
  const token = String(await manager.getToken())
  manager.close()
  manager.report({ token, accepted: true, replayOf: 'GET /users' })
  expect(events).toEqual([])
})

test('nothing is listened to any more: neither Amplify nor the network', () => {
  const page = new EventTarget()
  const { addEventListener, removeEventListener } = globalThis
  Object.assign(globalThis, {
    addEventListener: page.addEventListener.bind(page),
    removeEventListener: page.removeEventListener.bind(page),
  })
  const hub = new Set<unknown>()
  const watch = (listener: unknown) => {
    hub.add(listener)
    return () => hub.delete(listener)
  }
  const listening = () => [hub.size, getEventListeners(page, 'online').length]
  const manager = createManager({ provider: createProvider(), watch }, toBearerError, {})
  expect(listening()).toEqual([1, 1])
  manager.close()
  expect(listening()).toEqual([0, 0])
  Object.assign(globalThis, { addEventListener, removeEventListener })
})

test('the end of a block closes what it uses', () => {
  let used
  {
    using manager = createTokenManager({ tokenProvider: createProvider() })
    used = manager
    expect(used.closed).toBe(false)
  }
  expect(used.closed).toBe(true)
})
