import { inspect } from 'node:util'
import fc from 'fast-check'
import { NextResponse } from 'next/server.js'
import type { Grant } from '../../src/amplify/userPool.js'
import { createFlights, type Flights, type Standing } from '../../src/next/flights.js'
import type { TokenSet } from '../../src/testing/index.js'
import type { RefreshLock } from '../../src/index.js'
import { deferred } from '../support/provider.js'
import {
  cookiesOf,
  forgetFlights,
  forwarded,
  freezeDate,
  HOUR_MS,
  passMs,
  request,
  setupApp,
  unsigned,
  writtenBy,
  type App,
} from './app.js'

const setup = setupApp()
const realSetTimeout = setTimeout
const never = (): Promise<never> => Promise.reject(new Error('not used here'))
const EXPIRED = { issuedAgoMs: HOUR_MS }
const DUE = { issuedAgoMs: HOUR_MS - 60_000 }
const REFRESH = { operation: 'GetTokensFromRefreshToken' } as const

/** What a request that shows these tokens brings about. */
async function show(app: App, tokens: Partial<TokenSet>, username = 'alice', session = app.session) {
  const update = await session.updateSession(request(cookiesOf(tokens, username)))
  const written = writtenBy(update.applyTo(NextResponse.next()))
  return {
    state: update.state,
    code: update.error?.code,
    error: update.error,
    tokens: forwarded(update, username),
    written,
  }
}

/** The tokens of a session that has just been refreshed. */
async function refreshed(app: App, tokens: TokenSet): Promise<TokenSet> {
  return (await show(app, tokens)).tokens as TokenSet
}

describe.each([
  ['with rotation', {}],
  ['without rotation', false],
] as const)('%s', (_, rotation) => {
  test.each([8, 200])('%i requests at once: one refresh, the same tokens for all', async (count) => {
    const app = await setup({ rotation })
    const old = await app.pool.issue('alice', EXPIRED)
    const all = await Promise.all(Array.from({ length: count }, () => show(app, old)))
    expect(app.refreshes()).toBe(1)
    expect(new Set(all.map(({ state }) => state))).toEqual(new Set(['signedIn']))
    const given = new Set(all.map(({ tokens }) => tokens.accessToken))
    expect(given.size).toBe(1)
    expect(await app.pool.verify([...given][0])).not.toBeNull()
    expect(given).not.toContain(old.accessToken)
  })

  test.each([
    ['12 s', 12_000],
    ['half an hour', HOUR_MS / 2],
  ])('who has lost the answer gets it again %s later', async (_when, laterMs) => {
    freezeDate()
    const app = await setup({ rotation })
    const old = await app.pool.issue('alice', EXPIRED)
    const first = await refreshed(app, old)
    passMs(laterMs)
    expect(await show(app, old)).toMatchObject({ state: 'signedIn', tokens: first })
    expect(app.refreshes()).toBe(1)
  })

  test('what was lost is refreshed by what it brought, when that is due itself', async () => {
    freezeDate()
    const app = await setup({ rotation })
    const old = await app.pool.issue('alice', EXPIRED)
    const first = await refreshed(app, old)
    passMs(HOUR_MS)
    const later = await show(app, old)
    expect(later.state).toBe('signedIn')
    expect(later.tokens.accessToken).not.toBe(first.accessToken)
    expect(await app.pool.verify(later.tokens.accessToken)).not.toBeNull()
    expect(app.refreshes()).toBe(2)
  })

  test('a straggler gets the new tokens for a minute after they have been shown', async () => {
    freezeDate()
    const app = await setup({ rotation })
    const old = await app.pool.issue('alice', EXPIRED)
    const first = await refreshed(app, old)
    passMs(HOUR_MS / 4)
    await show(app, first)
    passMs(59_000)
    expect(await show(app, old)).toMatchObject({ state: 'signedIn', tokens: first })
    expect(app.refreshes()).toBe(1)
  })
})

test.each([
  ['with rotation', {}],
  ['without rotation', false],
] as const)('%s, a server whose clock is ahead refreshes once a request', async (_, rotation) => {
  const app = await setup({ rotation, clockSkewMs: 60_000 - HOUR_MS })
  const old = await app.pool.issue()
  const { state, tokens } = await show(app, old)
  expect(state).toBe('signedIn')
  expect(tokens.accessToken).not.toBe(old.accessToken)
  expect(app.refreshes()).toBe(1)
})

test('what was issued a moment ago may be refreshed, once', async () => {
  freezeDate()
  const app = await setup({ rotation: false })
  const tokens = await app.pool.issue()
  const context = { request: request(cookiesOf(tokens)), response: new Response() }
  const renewed = await app.session.tokens(context).getToken({ forceRefresh: true })
  expect(renewed).not.toBe(tokens.accessToken)
  expect((await show(app, tokens)).tokens.accessToken).toBe(renewed)
  expect(app.refreshes()).toBe(1)
})

test('nobody else gets the new tokens later than that: whoever has the old ones has kept them', async () => {
  freezeDate()
  const app = await setup()
  const old = await app.pool.issue('alice', EXPIRED)
  const first = await refreshed(app, old)
  await show(app, first)
  passMs(61_000)
  const late = await show(app, old)
  expect(late).toMatchObject({ state: 'unavailable', code: 'serviceError' })
  expect(late.written.size).toBe(0)
  expect(JSON.stringify(late)).not.toContain(first.refreshToken)
})

test('a chain of refreshes is handed over whole', async () => {
  freezeDate()
  const app = await setup()
  const first = await app.pool.issue('alice', EXPIRED)
  const second = await refreshed(app, first)
  passMs(HOUR_MS)
  const third = await refreshed(app, second)
  passMs(30_000)
  expect((await show(app, first)).tokens).toEqual(third)
  expect((await show(app, second)).tokens).toEqual(third)
  expect(app.refreshes()).toBe(2)
})

test('a token that is merely due is refreshed as well, one that is neither is not', async () => {
  const app = await setup()
  const due = await app.pool.issue('alice', DUE)
  const good = await app.pool.issue('alice', { issuedAgoMs: HOUR_MS / 2 })
  expect((await show(app, due)).tokens.accessToken).not.toBe(due.accessToken)
  expect((await show(app, good)).tokens).toEqual(good)
  expect(app.refreshes()).toBe(1)
})

test('the user of a token is its user, however many ask in whatever order', async () => {
  const users = Array.from({ length: 5 }, (_, index) => ({ username: `user${index}`, password: 'password' }))
  const app = await setup({ users })
  const step = fc.record({ user: fc.nat({ max: users.length - 1 }), isOld: fc.boolean(), wait: fc.boolean() })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 20 }), async (steps) => {
      const issued = await Promise.all(users.map(({ username }) => app.pool.issue(username, EXPIRED)))
      const newest = [...issued]
      const running: Promise<unknown>[] = []
      const before = app.refreshes()
      for (const { user, isOld, wait } of steps) {
        const username = `user${user}`
        const shown = (isOld ? issued : newest)[user] ?? {}
        const answer = show(app, shown, username).then(async ({ state, tokens }) => {
          expect(state).toBe('signedIn')
          expect(await app.pool.verify(tokens.accessToken)).toMatchObject({ username })
          newest[user] = tokens as TokenSet
        })
        running.push(answer)
        if (wait) await answer
      }
      await Promise.all(running)
      expect(app.refreshes() - before).toBe(new Set(steps.map(({ user }) => user)).size)
    }),
    { numRuns: 20 },
  )
})

describe('a grant that is rejected', () => {
  test('ends the session: cookies are removed once, however many requests ask', async () => {
    const app = await setup()
    const tokens = await app.pool.issue('alice', EXPIRED)
    app.pool.revokeRefreshTokens()
    const all = await Promise.all(Array.from({ length: 8 }, () => show(app, tokens)))
    expect(app.refreshes()).toBe(1)
    for (const { state, code, tokens: left } of all) {
      expect([state, code, left]).toEqual(['signedOut', 'sessionExpired', {}])
    }
    const removing = all.filter(({ written }) => written.size > 0)
    expect(removing).toHaveLength(1)
    expect(new Set(removing[0]?.written.values())).toEqual(new Set([null]))
  })

  test('which is done again when it seems to have got lost, without asking again', async () => {
    freezeDate()
    const app = await setup()
    const tokens = await app.pool.issue('alice', EXPIRED)
    app.pool.revokeRefreshTokens()
    await show(app, tokens)
    passMs(9_000)
    expect((await show(app, tokens)).written.size).toBe(0)
    passMs(2_000)
    const again = await show(app, tokens)
    expect(again.written.size).toBeGreaterThan(0)
    expect(again.state).toBe('signedOut')
    expect(app.refreshes()).toBe(1)
  })

  test('says nothing of the next session', async () => {
    const app = await setup()
    const tokens = await app.pool.issue('alice', EXPIRED)
    app.pool.revokeRefreshTokens()
    await show(app, tokens)
    expect(await show(app, await app.pool.issue('alice', EXPIRED))).toMatchObject({ state: 'signedIn' })
  })

  test('a session without a refresh token is over when its access token is', async () => {
    const app = await setup()
    const { accessToken } = await app.pool.issue('alice', EXPIRED)
    const { accessToken: good } = await app.pool.issue()
    expect(await show(app, { accessToken })).toMatchObject({ state: 'signedOut', code: 'sessionExpired' })
    expect(await show(app, { accessToken: good })).toMatchObject({ state: 'signedIn' })
    expect(app.refreshes()).toBe(0)
  })

  test('a session of which a browser has written the first cookies only keeps them', async () => {
    const app = await setup()
    const { accessToken } = await app.pool.issue('alice', EXPIRED)
    for (const begun of [{}, { accessToken }]) expect((await show(app, begun)).written.size).toBe(0)
  })
})

describe('a refresh token that somebody else has used', () => {
  async function usedElsewhere() {
    freezeDate()
    const app = await setup()
    const tokens = await app.pool.issue('alice', EXPIRED)
    await refreshed(app, tokens)
    forgetFlights()
    return { app: { ...app, session: app.create() }, tokens }
  }

  test('ends nothing at first: the browser may be about to show the new one', async () => {
    const { app, tokens } = await usedElsewhere()
    const first = await show(app, tokens)
    expect(first).toMatchObject({ state: 'unavailable', code: 'serviceError' })
    expect(first.written.size).toBe(0)
    passMs(5_000)
    expect(await show(app, tokens)).toMatchObject({ state: 'unavailable', written: new Map() })
  })

  test('ends the session when it is still there after ten seconds', async () => {
    const { app, tokens } = await usedElsewhere()
    await show(app, tokens)
    passMs(10_001)
    const second = await show(app, tokens)
    expect(second).toMatchObject({ state: 'signedOut', code: 'sessionExpired', tokens: {} })
    expect(second.written.size).toBeGreaterThan(0)
  })
})

describe.each([
  ['networkError', 'offline'],
  ['throttled', 'throttled'],
  ['serviceError', 'serviceError'],
] as const)('%s', (fault, code) => {
  test('removes nothing, keeps others from trying for a while, and passes', async () => {
    freezeDate()
    const app = await setup()
    const tokens = await app.pool.issue('alice', EXPIRED)
    app.pool.fail(fault, REFRESH)
    const failed = await Promise.all([show(app, tokens), show(app, tokens)])
    const tried = app.refreshes()
    failed.push(await show(app, tokens))
    expect(app.refreshes()).toBe(tried)
    for (const { state, code: told, written } of failed) {
      expect([state, told, written.size]).toEqual(['unavailable', code, 0])
    }
    app.pool.heal()
    passMs(1_000)
    expect(await show(app, tokens)).toMatchObject({ state: 'signedIn', code: undefined })
  })

  test('lets a token that is merely due do', async () => {
    const app = await setup()
    const tokens = await app.pool.issue('alice', DUE)
    app.pool.fail(fault, REFRESH)
    const { accessToken, idToken } = tokens
    const { state, code: told, tokens: given } = await show(app, tokens)
    expect([state, told, given]).toEqual(['signedIn', code, { accessToken, idToken }])
  })

  test('tells no token', async () => {
    const app = await setup()
    const tokens = await app.pool.issue('alice', EXPIRED)
    app.pool.fail(fault, REFRESH)
    const { error } = await show(app, tokens)
    const told = inspect(error, { depth: 10, showHidden: true })
    expect(told).toContain(code)
    for (const token of Object.values(tokens)) expect(told).not.toContain(token)
  })
})

describe('a refresh without an answer', () => {
  test('makes nobody wait for longer than refreshTimeoutMs, removes nothing, and may be tried again', async () => {
    const app = await setup({}, { refreshTimeoutMs: 20 })
    const tokens = await app.pool.issue('alice', EXPIRED)
    app.pool.fail('hang', { ...REFRESH, times: 1 })
    const late = await Promise.all([show(app, tokens), show(app, tokens)])
    expect(app.refreshes()).toBe(1)
    for (const { state, code, written } of late) {
      expect([state, code, written.size]).toEqual(['unavailable', 'refreshTimeout', 0])
    }
    const patient = app.create({ refreshTimeoutMs: 5_000 })
    expect(await show(app, tokens, 'alice', patient)).toMatchObject({ state: 'signedIn' })
  })

  test('is used when it arrives after all', async () => {
    const arrived: Promise<unknown>[] = []
    const lock: RefreshLock = {
      run(_name, task) {
        const running = task()
        arrived.push(running)
        return running
      },
    }
    const app = await setup({}, { refreshTimeoutMs: 20, lock })
    const tokens = await app.pool.issue('alice', EXPIRED)
    app.pool.fail('hang', REFRESH)
    await show(app, tokens)
    app.pool.heal()
    const [answer] = await Promise.all(arrived)
    const { state, tokens: given } = await show(app, tokens)
    expect(state).toBe('signedIn')
    expect(given).toEqual(answer)
    expect(app.refreshes()).toBe(1)
  })
})

describe('while a refresh hangs', () => {
  /** How long a request waits, and how it ends. */
  async function ask(flights: Flights, need: 'due' | 'expired') {
    const tokens = {
      username: 'alice',
      refreshToken: 'r',
      accessToken: 'a',
      idToken: undefined,
      deviceKey: undefined,
    }
    let standing: Standing | undefined
    const startedMs = Date.now()
    void flights.current(tokens, () => need, true).then((known) => (standing = known))
    while (!standing) {
      await jest.advanceTimersByTimeAsync(10)
      // The hash is made elsewhere.
      await new Promise((proceed) => realSetTimeout(proceed, 1))
    }
    return { waitedMs: Date.now() - startedMs, code: standing.error?.code }
  }

  test('requests with a token that is still good hardly wait: three seconds, the first ones only', async () => {
    jest.useFakeTimers()
    const refresh = jest.fn(() => new Promise<never>(() => undefined))
    const pool = { clientId: 'c', refresh, revoke: never, signOutEverywhere: never }
    const flights = createFlights(pool, { refreshTimeoutMs: 10_000, lock: undefined })
    const first = await ask(flights, 'due')
    expect(first.code).toBe('refreshTimeout')
    expect(first.waitedMs).toBeGreaterThanOrEqual(3_000)
    expect(first.waitedMs).toBeLessThan(4_000)
    expect((await ask(flights, 'due')).waitedMs).toBeLessThan(1_000)
    // Others have no choice.
    const last = await ask(flights, 'expired')
    expect(first.waitedMs + last.waitedMs).toBeGreaterThanOrEqual(9_000)
    expect(refresh).toHaveBeenCalledTimes(1)
    // Nobody has waited any more, and it is tried again.
    await ask(flights, 'due')
    expect(refresh).toHaveBeenCalledTimes(2)
    await jest.advanceTimersByTimeAsync(10_000)
    await ask(flights, 'due')
    expect(refresh).toHaveBeenCalledTimes(3)
  })

  test('none waits for longer than refreshTimeoutMs, its token good or not', async () => {
    jest.useFakeTimers()
    const refresh = () => new Promise<never>(() => undefined)
    const pool = { clientId: 'c', refresh, revoke: never, signOutEverywhere: never }
    const flights = createFlights(pool, { refreshTimeoutMs: 1_000, lock: undefined })
    for (const need of ['due', 'expired'] as const) {
      const { waitedMs, code } = await ask(flights, need)
      expect(code).toBe('refreshTimeout')
      expect(waitedMs).toBeGreaterThanOrEqual(1_000)
      expect(waitedMs).toBeLessThan(2_000)
    }
  })
})

/** Requests of one session: the pool answers when and what the test says. */
function scripted({ lock, revoke = never }: { lock?: RefreshLock; revoke?: () => Promise<boolean> } = {}) {
  freezeDate()
  const answers: ReturnType<typeof deferred<TokenSet>>[] = []
  const pool = {
    clientId: 'client',
    refresh() {
      const answer = deferred<TokenSet>()
      answers.push(answer)
      return answer.promise
    },
    revoke,
    signOutEverywhere: never,
  }
  const session = {
    username: 'alice',
    refreshToken: 'refresh',
    accessToken: unsigned({ iat: 1 }),
    idToken: undefined,
    deviceKey: undefined,
  }
  const flights = (refreshTimeoutMs = 5_000) => createFlights(pool, { refreshTimeoutMs, lock })
  return {
    answers,
    flights,
    session,
    tokens: { accessToken: unsigned({ iat: 2 }), idToken: unsigned({}), refreshToken: 'next' },
    ask: (refreshTimeoutMs?: number, need: 'due' | 'expired' = 'expired', shown = session) =>
      flights(refreshTimeoutMs).current(
        shown,
        ({ accessToken }) => (accessToken === shown.accessToken ? need : undefined),
        true,
      ),
    /** Until the pool has been asked so many times. */
    called: async (times: number) => {
      while (answers.length < times) await new Promise(setImmediate)
    },
  }
}

describe('a refresh that follows one that has hung', () => {
  /** The second one has begun. */
  async function hung() {
    const pool = scripted()
    await pool.ask(20)
    const second = pool.ask()
    await pool.called(2)
    return { ...pool, second }
  }

  test('is joined, when the one that has hung fails after all', async () => {
    const { answers, ask, second, tokens } = await hung()
    answers[0]?.reject(new TypeError('Failed to fetch'))
    await new Promise(setImmediate)
    // Which holds others off for a while.
    expect((await ask()).error?.code).toBe('offline')
    passMs(3_000)
    expect((await ask(5_000, 'due')).error?.code).toBe('refreshTimeout')
    expect(answers).toHaveLength(2)
    answers[1]?.resolve(tokens)
    expect((await second).session).toMatchObject(tokens)
  })

  test('ends no session when it is rejected, once the one that has hung has brought tokens after all', async () => {
    const { answers, ask, second, tokens } = await hung()
    answers[0]?.resolve(tokens)
    await new Promise(setImmediate)
    const rejection = new Error('Refresh Token has been revoked')
    answers[1]?.reject(Object.assign(rejection, { name: 'NotAuthorizedException' }))
    for (const { session, error, ended } of [await second, await ask(5_000, 'due')])
      expect([session.accessToken, error, ended]).toEqual([tokens.accessToken, undefined, undefined])
  })
})

test('a failure after a success holds others off for no longer than the first one did', async () => {
  jest.spyOn(Math, 'random').mockReturnValue(0)
  const { answers, ask, called, session, tokens } = scripted()
  const renewed = { ...session, accessToken: tokens.accessToken }
  const offline = new TypeError('Failed to fetch')
  const first = ask()
  await called(1)
  answers[0]?.reject(offline)
  expect((await first).error?.code).toBe('offline')
  passMs(1_000)
  const second = ask()
  await called(2)
  // Without rotation.
  answers[1]?.resolve({ ...tokens, refreshToken: session.refreshToken })
  expect((await second).session.accessToken).toBe(tokens.accessToken)
  const third = ask(5_000, 'expired', renewed)
  await called(3)
  answers[2]?.reject(offline)
  expect((await third).error?.code).toBe('offline')
  passMs(1_000)
  expect((await ask(20, 'expired', renewed)).error?.code).toBe('refreshTimeout')
  expect(answers).toHaveLength(4)
})

test('a request whose refresh brings tokens after a sign-out is not over before they are revoked', async () => {
  const revoked = deferred<boolean>()
  const { answers, ask, called, flights, session, tokens } = scripted({ revoke: () => revoked.promise })
  const over: string[] = []
  const request = ask().then(({ ended }) => over.push(String(ended?.code)))
  await called(1)
  const signOut = flights().end(session)
  const isOver = async () => (await flights().current(session, () => undefined, true)).ended
  while (!(await isOver())) await new Promise(setImmediate)
  answers[0]?.resolve(tokens)
  // Others have their answer at once.
  for (let times = 0; times < 10; times++) expect(await isOver()).toBeDefined()
  expect(over).toEqual([])
  revoked.resolve(true)
  await Promise.all([request, signOut])
  expect(over).toEqual(['signedOut'])
})

test('what a refresh token has brought counts, though the access token beside it claims to be younger', async () => {
  const { answers, ask, called, session, tokens } = scripted()
  const younger = { ...session, accessToken: unsigned({ iat: 3 }) }
  const first = ask(5_000, 'expired', younger)
  await called(1)
  answers[0]?.resolve(tokens)
  for (const standing of [await first, await ask(50, 'expired', younger)]) {
    expect(standing.session).toMatchObject(tokens)
    expect(standing.error).toBeUndefined()
  }
  expect(answers).toHaveLength(1)
})

test('without rotation, a younger access token that another process has brought stays', async () => {
  const { answers, ask, called, flights, session, tokens } = scripted()
  const first = ask()
  await called(1)
  answers[0]?.resolve({ ...tokens, refreshToken: session.refreshToken })
  await first
  const younger = { ...session, accessToken: unsigned({ iat: 3 }) }
  expect(await flights().current(younger, () => undefined, true)).toEqual({ session: younger })
})

test('a sign-out with tokens whose successors have got lost on their way ends those', async () => {
  const { answers, ask, called, flights, session, tokens } = scripted()
  const lost = ask()
  await called(1)
  answers[0]?.resolve(tokens)
  await lost
  expect(await flights().end(session)).toMatchObject(tokens)
  for (const shown of [session, { ...session, ...tokens }]) {
    const { ended } = await flights().current(shown, () => undefined, true)
    expect(ended?.code).toBe('signedOut')
  }
})

test('a refresh that is rejected after a sign-out is that of a session that has been signed out', async () => {
  const { answers, ask, called, flights, session } = scripted()
  const request = ask()
  await called(1)
  const signOut = flights().end(session)
  while (!(await flights().current(session, () => undefined, true)).ended) await new Promise(setImmediate)
  answers[0]?.reject(Object.assign(new Error('revoked'), { name: 'NotAuthorizedException' }))
  expect((await request).ended?.code).toBe('signedOut')
  expect(await signOut).toEqual(session)
})

test('a request with a token that is still good does not wait for a refresh that began three seconds ago', async () => {
  const { answers, ask, called } = scripted()
  const first = ask(30_000, 'due')
  await called(1)
  // To the millisecond.
  passMs(3_000)
  expect((await ask(30_000, 'due')).error?.code).toBe('refreshTimeout')
  answers[0]?.reject(new Error('too late'))
  expect((await first).error?.code).toBe('serviceError')
})

test('a refresh that has hung, and has used the refresh token, ends no session until its answer is there', async () => {
  freezeDate()
  const answer = deferred<undefined>()
  const onwards = globalThis.fetch
  let calls = 0
  jest.spyOn(globalThis, 'fetch').mockImplementation(async (...call) => {
    const isFirst = !calls++
    const response = await onwards(...call)
    if (isFirst) await answer.promise
    return response
  })
  const app = await setup()
  const tokens = await app.pool.issue('alice', EXPIRED)
  const impatient = app.create({ refreshTimeoutMs: 50 })
  expect(await show(app, tokens, 'alice', impatient)).toMatchObject({ code: 'refreshTimeout' })
  expect(await show(app, tokens)).toMatchObject({ code: 'serviceError' })
  passMs(10_001)
  expect(await show(app, tokens)).toMatchObject({ state: 'unavailable', written: new Map() })
  answer.resolve(undefined)
  while ((await show(app, tokens)).state === 'unavailable') await new Promise(setImmediate)
  expect(await show(app, tokens)).toMatchObject({ state: 'signedIn' })
  expect(app.pool.callCount('RevokeToken')).toBe(0)
})

describe('a lock', () => {
  test('that lets many wait for long: the first refreshes, and the others find what it brought', async () => {
    const free = deferred<undefined>()
    let last: Promise<unknown> = free.promise
    const lock: RefreshLock = {
      run(_name, task) {
        const result = last.then(task)
        last = result
        return result
      },
    }
    const app = await setup({}, { refreshTimeoutMs: 20, lock })
    const tokens = await app.pool.issue('alice', EXPIRED)
    for (let index = 0; index < 3; index++)
      expect(await show(app, tokens)).toMatchObject({ code: 'refreshTimeout' })
    free.resolve(undefined)
    while ((await show(app, tokens)).state !== 'signedIn') await new Promise(setImmediate)
    await last
    expect(app.refreshes()).toBe(1)
  })

  /** One that all processes share, and that keeps what a task has brought. */
  function createKeepingLock() {
    const kept = new Map<string, Promise<unknown>>()
    const lock: RefreshLock = {
      run: <T>(name: string, task: () => Promise<T>) => {
        // Plain JSON, as another process would read it.
        const result = kept.get(name) ?? task().then((tokens) => JSON.stringify(tokens))
        kept.set(name, result)
        return result.then((text) => JSON.parse(String(text)) as T)
      },
    }
    return { names: () => [...kept.keys()], lock }
  }

  test('is named after a hash of the refresh token', async () => {
    const { names, lock } = createKeepingLock()
    const app = await setup({}, { lock })
    const tokens = await app.pool.issue('alice', EXPIRED)
    await show(app, tokens)
    expect(names()).toEqual([expect.stringMatching(/^amplify-bearer:[\da-f]{64}$/)])
    await show(app, await app.pool.issue('alice', EXPIRED))
    expect(new Set(names()).size).toBe(2)
  })

  test('that keeps results spares other processes the refresh', async () => {
    const { lock } = createKeepingLock()
    const app = await setup({}, { lock })
    const tokens = await app.pool.issue('alice', EXPIRED)
    forgetFlights()
    const other = app.create()
    const [here, there] = await Promise.all([show(app, tokens), show(app, tokens, 'alice', other)])
    expect(here.state).toBe('signedIn')
    expect(there.tokens).toEqual(here.tokens)
    expect(app.refreshes()).toBe(1)
  })

  test('without which each process makes its own', async () => {
    const app = await setup({ rotation: { gracePeriodMs: 10_000 } })
    const tokens = await app.pool.issue('alice', EXPIRED)
    forgetFlights()
    const other = app.create()
    await Promise.all([show(app, tokens), show(app, tokens, 'alice', other)])
    expect(app.refreshes()).toBe(2)
  })

  test.each([undefined, 7, {}, { accessToken: 'a' }])(
    'that resolves with %j is a failure',
    async (result) => {
      const lock = { run: () => Promise.resolve(result) } as RefreshLock
      const app = await setup({}, { lock })
      const { state, error } = await show(app, await app.pool.issue('alice', EXPIRED))
      expect([state, error?.code]).toEqual(['unavailable', 'serviceError'])
      expect(error?.cause).toEqual(
        new TypeError(
          `amplify-bearer: what lock.run resolves with must be what its task resolves with, not "${typeof result}"`,
        ),
      )
    },
  )

  test('that does not come to its end: what its task has brought counts', async () => {
    const lock: RefreshLock = { run: (_name, task) => task().then(() => new Promise(() => undefined)) }
    const { answers, ask, called, tokens } = scripted({ lock })
    const request = ask(50)
    await called(1)
    answers[0]?.resolve(tokens)
    const { session, error } = await request
    expect([session.accessToken, error]).toEqual([tokens.accessToken, undefined])
  })

  test('that fails is a failure that passes', async () => {
    freezeDate()
    let isBroken = true
    const lock: RefreshLock = {
      run: (_name, task) => (isBroken ? Promise.reject(new Error('redis is gone')) : task()),
    }
    const app = await setup({}, { lock })
    const tokens = await app.pool.issue('alice', EXPIRED)
    expect(await show(app, tokens)).toMatchObject({ state: 'unavailable', code: 'serviceError' })
    isBroken = false
    passMs(1_000)
    expect(await show(app, tokens)).toMatchObject({ state: 'signedIn' })
  })
})

test('instances of one process share what they know, as a proxy and its routes do', async () => {
  const app = await setup()
  const tokens = await app.pool.issue('alice', EXPIRED)
  const first = await show(app, tokens)
  const second = await show(app, tokens, 'alice', app.create())
  expect(second.tokens).toEqual(first.tokens)
  expect(app.refreshes()).toBe(1)
})

describe('what a process knows', () => {
  const issuedTo = (username: string) => unsigned({ iat: 1, username })
  const stub = (asked: string[], clientId = 'testclient') => ({
    clientId,
    refresh({ refreshToken, username }: Grant) {
      asked.push(username)
      return Promise.resolve({ accessToken: issuedTo(username), idToken: undefined, refreshToken })
    },
    revoke: never,
    signOutEverywhere: never,
  })
  const create = (asked: string[], clientId?: string) =>
    createFlights(stub(asked, clientId), { refreshTimeoutMs: 1_000, lock: undefined })
  const ask = (flights: Flights, username: string, accessToken?: string) =>
    flights.current(
      { username, refreshToken: username, accessToken, idToken: undefined, deviceKey: undefined },
      (newest) => (newest.accessToken === undefined ? 'expired' : undefined),
      true,
    )

  const known = (): Map<string, unknown> =>
    (
      Reflect.get(globalThis, Symbol.for('amplify-bearer.flights')) as unknown as {
        flights: Map<string, unknown>
      }
    ).flights

  beforeEach(forgetFlights)

  test('is of ten thousand sessions at most, and the longest unused is forgotten first', async () => {
    const asked: string[] = []
    const flights = create(asked)
    for (let index = 0; index < 10_000; index++) await ask(flights, `user${index}`)
    await ask(flights, 'user0')
    await ask(flights, 'user9999')
    expect(asked).toHaveLength(10_000)
    await ask(flights, 'one more')
    await ask(flights, 'user9999')
    expect(asked).toHaveLength(10_001)
    await ask(flights, 'user0')
    expect(asked).toHaveLength(10_002)
  })

  test('is forgotten when its time is over, without anybody asking for it', async () => {
    freezeDate()
    const flights = create([])
    for (const username of ['alice', 'bob']) {
      await ask(flights, username)
      // Shown by the browser, and again.
      await ask(flights, username, issuedTo(username))
    }
    passMs(30_000)
    for (const username of ['alice', 'bob']) await ask(flights, username, issuedTo(username))
    passMs(31_000)
    await ask(flights, 'carol')
    expect(known().size).toBe(1)
  })

  test('of a refresh token that was rejected is forgotten within a minute: anybody may send one', async () => {
    freezeDate()
    const rejection = Object.assign(new Error('unknown'), { name: 'NotAuthorizedException' })
    const rejecting = { ...stub([]), refresh: () => Promise.reject(rejection) }
    const flights = createFlights(rejecting, { refreshTimeoutMs: 1_000, lock: undefined })
    for (let index = 0; index < 10; index++)
      expect((await ask(flights, `user${index}`)).ended?.code).toBe('sessionExpired')
    expect(known().size).toBe(10)
    passMs(60_001)
    await ask(create([]), 'alice')
    expect(known().size).toBe(1)
  })

  test('is one entry a session, once the browser has shown the refresh token that a rotation has brought', async () => {
    const rotating = {
      ...stub([]),
      refresh: ({ refreshToken }: Grant) => {
        const accessToken = unsigned({ iat: 1, refreshToken })
        return Promise.resolve({ accessToken, idToken: undefined, refreshToken: `next ${refreshToken}` })
      },
    }
    const flights = createFlights(rotating, { refreshTimeoutMs: 1_000, lock: undefined })
    const { session } = await ask(flights, 'alice')
    expect(session.refreshToken).toBe('next alice')
    expect(known().size).toBe(2)
    await flights.current(session, () => undefined, true)
    expect(known().size).toBe(1)
  })

  test('is kept apart by client, whatever the refresh token', async () => {
    const asked: string[] = []
    await ask(create(asked, 'one'), 'alice')
    await ask(create(asked, 'other'), 'alice')
    expect(asked).toEqual(['alice', 'alice'])
  })
})
