import { createTokenManager } from '../../src/index.js'
import { appLifecycle, type AppStateLike, type NetInfoLike } from '../../src/react-native/index.js'
import { createProvider, issue } from '../support/provider.js'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

beforeEach(() => {
  jest.useFakeTimers()
})

/** React Native's AppState, and NetInfo: what they have in common with the real ones is their shape. */
function createPhone() {
  const states = new Set<(state: string) => void>()
  const networks = new Set<(state: { isConnected: boolean | null }) => void>()
  const AppState = {
    currentState: 'active' as string | null | undefined,
    addEventListener(_: 'change', listener: (state: string) => void) {
      states.add(listener)
      return { remove: () => states.delete(listener) }
    },
  }
  const NetInfo = {
    isConnected: true as boolean | null,
    addEventListener(listener: (state: { isConnected: boolean | null }) => void) {
      networks.add(listener)
      listener({ isConnected: NetInfo.isConnected })
      return () => networks.delete(listener)
    },
  }
  return {
    AppState,
    NetInfo,
    become(state: string) {
      AppState.currentState = state
      for (const listener of states) listener(state)
    },
    connect(isConnected: boolean | null) {
      NetInfo.isConnected = isConnected
      for (const listener of networks) listener({ isConnected })
    },
    listeners: () => states.size + networks.size,
  }
}

async function app({ withNetInfo = true } = {}) {
  const phone = createPhone()
  const { AppState, NetInfo } = phone
  const provider = createProvider()
  const manager = createTokenManager({ tokenProvider: provider })
  await manager.getToken()
  const lifecycle = appLifecycle(withNetInfo ? { AppState, NetInfo } : { AppState })
  const stop = manager.startAutoRefresh({ lifecycle })
  return { phone, provider, manager, stop }
}

const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms)
const offline = () => Promise.reject(new TypeError('Network request failed'))

test('in the background it is quiet; back in the foreground after a night, one refresh for all that wakes', async () => {
  const { phone, provider, manager } = await app()
  phone.become('background')
  await pass(9 * HOUR_MS)
  expect(provider.refreshes).toBe(0)
  phone.become('active')
  const woken = await Promise.all(Array.from({ length: 20 }, () => manager.getToken()))
  expect(new Set(woken).size).toBe(1)
  expect(provider.refreshes).toBe(1)
})

test.each(['active', 'unknown', null, undefined])('%s is no background', async (state) => {
  const { phone, provider } = await app()
  phone.AppState.currentState = state
  await pass(HOUR_MS)
  expect(provider.refreshes).toBe(1)
})

// iOS: on its way to the background, where an answer that is lost costs the session.
test('inactive is no foreground', async () => {
  const { phone, provider } = await app()
  phone.become('inactive')
  await pass(2 * HOUR_MS)
  expect(provider.refreshes).toBe(0)
})

test('woken in a tunnel: nothing is asked for, nobody is signed out; the network is back: one refresh', async () => {
  const { phone, provider, manager } = await app()
  const events: string[] = []
  manager.subscribe(({ type }) => events.push(type))
  phone.become('background')
  phone.connect(false)
  provider.onRefresh = offline
  await pass(9 * HOUR_MS)
  phone.become('active')
  await pass(MINUTE_MS)
  expect(provider.refreshes).toBe(0)
  await expect(manager.getToken()).rejects.toMatchObject({ code: 'offline', retryable: true })
  provider.onRefresh = () => issue()
  phone.connect(true)
  await pass(0)
  expect(provider.refreshes).toBe(2)
  expect(events).toEqual(['refreshFailed', 'refreshed'])
})

test('only a network that was away comes back', async () => {
  const { phone, provider, manager } = await app()
  provider.onRefresh = offline
  await manager.getToken({ forceRefresh: true }).catch(() => undefined)
  phone.connect(null)
  phone.connect(true)
  await expect(manager.getToken({ forceRefresh: true })).rejects.toMatchObject({ code: 'offline' })
  // The back-off lasts.
  expect(provider.refreshes).toBe(1)
  phone.connect(false)
  // Not known for a moment.
  phone.connect(null)
  phone.connect(true)
  await expect(manager.getToken({ forceRefresh: true })).rejects.toMatchObject({ code: 'offline' })
  expect(provider.refreshes).toBe(2)
})

test('NetInfo is optional', async () => {
  const { phone, provider } = await app({ withNetInfo: false })
  phone.become('background')
  await pass(HOUR_MS)
  phone.become('active')
  await pass(0)
  expect(provider.refreshes).toBe(1)
})

test('stop leaves no listener behind', async () => {
  const { phone, stop } = await app()
  expect(phone.listeners()).toBe(2)
  stop()
  expect(phone.listeners()).toBe(0)
  expect(jest.getTimerCount()).toBe(0)
})

test.each([
  [{ AppState: undefined }, 'AppState.addEventListener must be a function, not "undefined"'],
  [
    { AppState: createPhone().AppState, NetInfo: 1 },
    'NetInfo.addEventListener must be a function, not "undefined"',
  ],
])('%o is refused', (given, message) => {
  const create = () => appLifecycle(given as unknown as { AppState: AppStateLike; NetInfo: NetInfoLike })
  expect(create).toThrow(new TypeError(`amplify-bearer: ${message}`))
})
