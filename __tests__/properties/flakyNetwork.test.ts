import fc from 'fast-check'
import { createTokenManager, isBearerError, type ProvidedTokens } from '../../src/index.js'
import { setupPage } from '../support/page.js'
import { issue } from '../support/provider.js'
import { LIMIT_MS, RUNS } from './runs.js'

jest.setTimeout(LIMIT_MS)

const LIFETIME_MS = 10 * 60_000
const REFRESH_TIMEOUT_MS = 10_000
/** A request that cannot be sent has heard of it by then: a refresh that fails when the network has just come back is followed by another. */
const PATIENCE_MS = 2 * REFRESH_TIMEOUT_MS + 200

/** What becomes of a call: its answer takes so long, or it gets lost on the way there, or the answer on the way back. */
interface Fate {
  readonly delayMs: number
  readonly lost: 'nothing' | 'call' | 'answer'
}
type Step =
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'request'; readonly count: number }
  | { readonly do: 'goOffline' | 'goOnline' | 'hide' | 'show' }

const fate: fc.Arbitrary<Fate> = fc.record({
  // Answers overtake each other: those that come after the deadline are still under way when the next one is asked for.
  delayMs: fc.constantFrom(0, 20, 300, 2_000, REFRESH_TIMEOUT_MS + 500, 3 * REFRESH_TIMEOUT_MS),
  lost: fc.constantFrom('nothing', 'nothing', 'nothing', 'call', 'answer'),
})
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('pass' as const),
    ms: fc.constantFrom(50, 1_000, 12_000, 60_000, 4 * 60_000, LIFETIME_MS),
  }),
  fc.record({ do: fc.constant('request' as const), count: fc.integer({ min: 1, max: 5 }) }),
  fc.record({
    do: fc.constantFrom('goOffline' as const, 'goOnline' as const, 'hide' as const, 'show' as const),
  }),
)

const page = setupPage()

beforeEach(() => {
  jest.useFakeTimers()
})
afterEach(() => {
  jest.useRealTimers()
})

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const unreachable = () => new TypeError('Failed to fetch')

/** A user's session, behind a network that comes and goes. */
function createSession(fates: readonly Fate[]) {
  const left = [...fates]
  const newest = () => issue({ lifetimeMs: LIFETIME_MS })
  const session = { stored: newest(), online: true, calls: 0 }
  const isOnline = () => session.online
  async function getTokens({ forceRefresh = false } = {}): Promise<ProvidedTokens> {
    if (!forceRefresh) return session.stored
    session.calls++
    if (!isOnline()) throw unreachable()
    const { delayMs, lost } = left.shift() ?? { delayMs: 20, lost: 'nothing' }
    await wait(delayMs / 2)
    if (lost === 'call') throw unreachable()
    const tokens = newest()
    await wait(delayMs / 2)
    if (lost === 'answer' || !isOnline()) throw unreachable()
    return (session.stored = tokens)
  }
  const endFates = (): void => {
    left.length = 0
  }
  return { session, endFates, provider: { getTokens } }
}

const expiresAtMs = (tokens: ProvidedTokens) => Number(tokens.accessToken.payload['exp']) * 1_000

test('calls are lost, delayed and overtaken: a good token is never kept back, nobody is signed out, all heals', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fate, { maxLength: 8 }),
      fc.array(step, { maxLength: 30, size: 'max' }),
      fc.boolean(),
      async (fates, steps, isAutomatic) => {
        const { session, endFates, provider } = createSession(fates)
        const manager = createTokenManager({ tokenProvider: provider, refreshTimeoutMs: REFRESH_TIMEOUT_MS })
        const told: string[] = []
        manager.subscribe(({ type }) => told.push(type))
        await manager.getToken()
        if (isAutomatic) manager.startAutoRefresh()
        const complaints: string[] = []
        let waiting = 0

        async function request(): Promise<void> {
          const askedMs = Date.now()
          const inHand = expiresAtMs(session.stored)
          waiting++
          try {
            await manager.getToken()
          } catch (error) {
            if (!isBearerError(error) || !error.retryable) complaints.push(String(error))
            // A token's age counts from before the call that brought it, which takes some seconds of it.
            const leftMs = inHand - Date.now() - REFRESH_TIMEOUT_MS
            if (leftMs > 0) complaints.push('failed with a good token in hand')
          }
          waiting--
          if (Date.now() - askedMs > PATIENCE_MS) complaints.push(`waited for ${Date.now() - askedMs} ms`)
        }

        for (const next of steps) {
          if (next.do === 'pass') await jest.advanceTimersByTimeAsync(next.ms)
          else if (next.do === 'request') for (let i = 0; i < next.count; i++) void request()
          else {
            page()[next.do]()
            if (next.do === 'goOffline') session.online = false
            if (next.do === 'goOnline') session.online = true
          }
        }
        // What is under way comes to its end. Then a tunnel in which the token expires, and the end of it.
        endFates()
        await jest.advanceTimersByTimeAsync(5 * REFRESH_TIMEOUT_MS)
        page().show()
        page().goOffline()
        session.online = false
        await jest.advanceTimersByTimeAsync(LIFETIME_MS)
        await request()
        session.online = true
        const failed = session.calls
        page().goOnline()
        for (let i = 0; i < 5; i++) void request()
        await jest.advanceTimersByTimeAsync(PATIENCE_MS)
        const recovery = session.calls - failed
        if (recovery !== 1 || expiresAtMs(session.stored) < Date.now()) {
          complaints.push(`back online: ${recovery} calls`)
        }
        if (waiting > 0) complaints.push(`${waiting} wait for ever`)
        complaints.push(...told.filter((type) => !type.startsWith('refresh')))
        manager.close()
        expect(complaints).toEqual([])
      },
    ),
    { numRuns: RUNS },
  )
})
