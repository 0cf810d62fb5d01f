import { createTokenManager, type ProvidedTokens, type TokenManagerOptions } from '../../src/index.js'
import { createProvider, issue } from '../support/provider.js'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** The access token lives for an hour, the ID token for less. */
function withShortIdToken(lifetimeMs: number, issuedAgoMs = 0): ProvidedTokens {
  const { accessToken } = issue({ issuedAgoMs, lifetimeMs: HOUR_MS })
  const { idToken } = issue({ issuedAgoMs, lifetimeMs })
  return { accessToken, idToken }
}

const createManager = (stored: ProvidedTokens | null, options: TokenManagerOptions = {}) => {
  const provider = createProvider(stored)
  return { provider, manager: createTokenManager({ tokenProvider: provider, ...options }) }
}

beforeEach(() => {
  jest.useFakeTimers()
})

test('all that the provider gave, itself', async () => {
  const { provider, manager } = createManager(issue())
  expect(await manager.getTokens()).toBe(provider.stored)
  expect(await manager.getTokens({ forceRefresh: true })).toBe(provider.stored)
  expect(provider.refreshes).toBe(1)
})

test('null when nobody is signed in', async () => {
  const { manager } = createManager(null)
  expect(await manager.getTokens()).toBeNull()
})

test('it costs the same one refresh as getToken', async () => {
  const { provider, manager } = createManager(issue({ issuedAgoMs: HOUR_MS }))
  const [tokens, token] = await Promise.all([manager.getTokens(), manager.getToken()])
  expect(String(tokens?.accessToken)).toBe(token)
  expect(provider.refreshes).toBe(1)
})

test('an ID token that has expired before the access token is refreshed for those who get both', async () => {
  const { provider, manager } = createManager(withShortIdToken(10 * MINUTE_MS, 11 * MINUTE_MS))
  await manager.getToken()
  expect(provider.refreshes).toBe(0)
  expect(await manager.getTokens()).toBe(provider.stored)
  expect(provider.refreshes).toBe(1)
})

test('one refresh for all who find it expired', async () => {
  const { provider, manager } = createManager(withShortIdToken(10 * MINUTE_MS, 11 * MINUTE_MS))
  await manager.getToken()
  const found = await Promise.all(Array.from({ length: 20 }, () => manager.getTokens()))
  expect(new Set(found)).toEqual(new Set([provider.stored]))
  expect(provider.refreshes).toBe(1)
})

test('with tokenUse: id it is the other way round', async () => {
  const { idToken: accessToken, accessToken: idToken } = withShortIdToken(10 * MINUTE_MS, 11 * MINUTE_MS)
  const { provider, manager } = createManager(
    { accessToken: accessToken ?? idToken, idToken },
    { tokenUse: 'id' },
  )
  await manager.getToken()
  expect(provider.refreshes).toBe(0)
  await manager.getTokens()
  expect(provider.refreshes).toBe(1)
})

test('the issuer’s clock is taken into account for both', async () => {
  const serverAheadMs = HOUR_MS
  const { provider, manager } = createManager(null)
  provider.onRefresh = () => issue({ serverAheadMs, lifetimeMs: 10 * MINUTE_MS })
  await manager.getTokens({ forceRefresh: true })
  await jest.advanceTimersByTimeAsync(2 * MINUTE_MS)
  await manager.getTokens()
  expect(provider.refreshes).toBe(1)
})

test('a provider without ID tokens is no reason to refresh', async () => {
  const { provider, manager } = createManager({ accessToken: issue().accessToken })
  expect(await manager.getTokens()).toBe(provider.stored)
  expect(provider.refreshes).toBe(0)
})

test('a refresh that brings an expired ID token again is not repeated for the same call', async () => {
  const { provider, manager } = createManager(withShortIdToken(10 * MINUTE_MS, 11 * MINUTE_MS))
  provider.onRefresh = () => withShortIdToken(-MINUTE_MS)
  expect(await manager.getTokens()).toBe(provider.stored)
  expect(provider.refreshes).toBe(1)
})

test('the ID token that was stored later than its access token is seen', async () => {
  const whole = issue()
  const { provider, manager } = createManager({ accessToken: whole.accessToken })
  expect((await manager.getTokens())?.idToken).toBeUndefined()
  provider.stored = whole
  await jest.advanceTimersByTimeAsync(1_000)
  expect(await manager.getTokens()).toBe(whole)
})

test('“nobody” is not remembered for those who get both: they may have been told of a sign-in', async () => {
  const { provider, manager } = createManager(null)
  expect(await manager.getTokens()).toBeNull()
  provider.stored = issue()
  expect(await manager.getTokens()).toBe(provider.stored)
})

test.each([
  { drift: 'none', clockDrift: undefined, refreshes: 0 },
  { drift: 'an hour', clockDrift: HOUR_MS, refreshes: 1 },
])(
  'the clock drift that a provider knows, $drift, counts for stored tokens',
  async ({ clockDrift, refreshes }) => {
    const stored = issue({ issuedAgoMs: 30 * MINUTE_MS, lifetimeMs: HOUR_MS })
    const { provider, manager } = createManager({ ...stored, clockDrift })
    await manager.getToken()
    expect(provider.refreshes).toBe(refreshes)
  },
)

test('a manager is a token provider', async () => {
  const { manager } = createManager(issue())
  const above = createTokenManager({ tokenProvider: manager })
  expect(await above.getToken()).toBe(await manager.getToken())
})
