import { getEventListeners } from 'node:events'
import { createTokenManager } from '../../src/index.js'
import { accessTokenOf, createProvider, deferred, issue } from '../support/provider.js'

beforeEach(() => {
  jest.useFakeTimers()
})

function slowManager() {
  const provider = createProvider(issue({ issuedAgoMs: 3_600_000 }))
  const answer = deferred<ReturnType<typeof issue>>()
  provider.onRefresh = () => answer.promise
  return { manager: createTokenManager({ tokenProvider: provider }), provider, answer }
}

test('a caller that aborts while it waits is rejected at once, and nobody else is', async () => {
  const { manager, provider, answer } = slowManager()
  const controller = new AbortController()
  const others = [manager.getToken(), manager.getToken()]
  const aborted = manager.getToken({ signal: controller.signal })
  await jest.advanceTimersByTimeAsync(10)
  controller.abort()
  await expect(aborted).rejects.toMatchObject({ name: 'AbortError' })
  const fresh = issue()
  answer.resolve(fresh)
  expect(await Promise.all(others)).toEqual([accessTokenOf(fresh), accessTokenOf(fresh)])
  expect(provider.refreshes).toBe(1)
})

test("the caller's own reason is what it is rejected with", async () => {
  const { manager } = slowManager()
  const reason = new Error('left the page')
  await expect(manager.getToken({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
})

test('no listener is left behind, whether it aborts or not', async () => {
  const { manager, answer } = slowManager()
  const signal = new AbortController().signal
  const asked = manager.getToken({ signal })
  await jest.advanceTimersByTimeAsync(10)
  expect(getEventListeners(signal, 'abort')).toHaveLength(1)
  answer.resolve(issue())
  await asked
  expect(getEventListeners(signal, 'abort')).toHaveLength(0)
})

test('no timer is left behind', async () => {
  const { manager, answer } = slowManager()
  const asked = manager.getToken()
  answer.resolve(issue())
  await asked
  expect(jest.getTimerCount()).toBe(0)
})

test('signals that nobody can listen to are taken', async () => {
  const { manager, answer } = slowManager()
  const fresh = issue()
  answer.resolve(fresh)
  expect(await manager.getToken({ signal: { aborted: false } })).toBe(accessTokenOf(fresh))
})

test("React Native's signals, which give no reason, reject with an AbortError", async () => {
  const { manager } = slowManager()
  await expect(manager.getToken({ signal: { aborted: true } })).rejects.toMatchObject({ name: 'AbortError' })
})
