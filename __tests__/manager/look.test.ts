import { createTokenManager } from '../../src/index.js'
import { createProvider, deferred } from '../support/provider.js'

beforeEach(() => {
  jest.useFakeTimers()
})

/** A manager with a good token in hand that was looked up a while ago, and storage that is slow from now on. */
async function stale() {
  const provider = createProvider()
  const manager = createTokenManager({ tokenProvider: provider })
  const good = await manager.getToken()
  jest.advanceTimersByTime(2_000)
  const read = deferred<null>()
  provider.getTokens = () => read.promise
  return { manager, good, read }
}

test('slow storage holds up one request, not those that follow', async () => {
  const { manager, good } = await stale()
  const first = manager.getToken()
  await jest.advanceTimersByTimeAsync(100)
  expect(await first).toBe(good)
  expect(await manager.getToken()).toBe(good)
})

test('who gives up waiting for a look does not spare the next one it', async () => {
  const { manager, read } = await stale()
  const controller = new AbortController()
  const aborted = manager.getToken({ signal: controller.signal })
  controller.abort()
  await expect(aborted).rejects.toMatchObject({ name: 'AbortError' })
  const next = manager.getToken()
  read.resolve(null)
  expect(await next).toBeNull()
})

test('a device clock that is set back does not keep a sign-out made elsewhere from being seen', async () => {
  const provider = createProvider()
  const manager = createTokenManager({ tokenProvider: provider })
  await manager.getToken()
  jest.setSystemTime(Date.now() - 3_600_000)
  provider.stored = null
  jest.advanceTimersByTime(1_000)
  expect(await manager.getToken()).toBeNull()
})
