import * as cognito from 'aws-amplify/auth/cognito'
import { assertFunction, BearerError } from '../errors.js'
import type { ProvidedTokens, TokenProvider } from '../manager/types.js'
import { AMPLIFY_BEARER } from '../manager/source.js'
import { waitFor } from '../manager/waiting.js'
import { platform, type PageEvent } from '../platform.js'
import { clientId, currentRead, sessionOf, standing, type GuardedRead, type Read } from './guardedRead.js'

type Store = (typeof cognito.cognitoUserPoolsTokenProvider)['authTokenStore']
type Stored = NonNullable<Awaited<ReturnType<Store['loadTokens']>>>
export type ReadOptions = NonNullable<Parameters<Read>[0]>

/** The session that Amplify keeps, below Amplify. */
export interface Inside {
  /** What is stored, whether it has expired or not. */
  readonly look: () => Promise<ProvidedTokens | null>
  /** Newly issued tokens, stored; or those that somebody else has stored meanwhile. */
  readonly refresh: (options: ReadOptions) => Promise<ProvidedTokens | null>
  /**
   * Puts a read in the place of Amplify's, which it may use, and has Amplify's loads and writes wait their turn. Returns
   * the undo. Of several the last counts.
   */
  readonly install: (owner: TokenProvider, replace: (amplifys: Read) => Read) => () => void
}

/** How long whoever used a refresh token first may take to store what they got for it. */
const STORING_MS = 1_000
/** Storage that takes longer, or a refresh, is not waited for by others. */
const STUCK_MS = 3_000
/** How long a help is waited for. */
const ATTEMPT_MS = 500

/**
 * The one place that reaches into aws-amplify (docs/decisions/0004): into the token provider that it exports, and the
 * two that this consists of.
 *
 * @throws TypeError where an aws-amplify has other insides
 */
export function reachInside(): Inside {
  // One by one: bundlers keep all of a namespace that is taken apart.
  const provider = cognito.cognitoUserPoolsTokenProvider
  const issue = cognito.refreshAuthTokensWithoutDedupe
  const { authTokenStore: store, tokenOrchestrator: orchestrator } = provider
  assertFunction(issue, "aws-amplify's refreshAuthTokensWithoutDedupe")
  assertMethods(provider, ['getTokens'])
  assertMethods(store, ['loadTokens', 'storeTokens', 'clearTokens', 'getKeyValueStorage'])
  assertMethods(orchestrator, [
    'getTokenStore',
    'setAuthTokenStore',
    'setTokenRefresher',
    'waitForInflightOAuth',
  ])
  // All guards share one: they wait for each other.
  const installed = Reflect.get(orchestrator.getTokenStore(), AMPLIFY_BEARER) as Inside | undefined
  if (installed) return installed

  let last: Promise<unknown> = Promise.resolve()
  let guards = 0
  /** The refresh under way. */
  let running: Promise<unknown> | undefined
  /** What a refresh stored last. */
  let latest: Stored | undefined

  /** One task after the other: storage may be slow, and half written in between. */
  function exclusive<T>(task: () => Promise<T>): Promise<T> {
    const result = last.then(task)
    last = settled(result)
    return result
  }

  const load = (): Promise<Stored | null> => exclusive(() => store.loadTokens())

  /** What a rejected session leaves behind: which one it was. */
  const mark = (): string => `${AMPLIFY_BEARER}.${clientId()}.rejected`

  /** Amplify's store, whose every operation waits its turn. */
  const guarded = derive(store, {
    loadTokens: load,
    storeTokens: (tokens) => exclusive(() => store.storeTokens(tokens)),
    clearTokens: () => exclusive(() => store.clearTokens()),
  })

  /** Unless others are stored by now. */
  async function clear(tokens: Stored | undefined, isRejected = false): Promise<void> {
    if (!isSame(await store.loadTokens(), tokens)) return
    // Before: who sees that nobody is left has to know why.
    if (isRejected && tokens)
      await attempt(() => store.getKeyValueStorage().setItem(mark(), sessionOf(tokens)))
    await store.clearTokens()
  }

  const rejectedSession = (): Promise<string | null> =>
    exclusive(() => store.getKeyValueStorage().getItem(mark()))

  async function look(): Promise<ProvidedTokens | null> {
    await orchestrator.waitForInflightOAuth()
    return visible(await load())
  }

  function refresh(options: ReadOptions): Promise<ProvidedTokens | null> {
    const result = refreshStored(options)
    const mine = settled(result).then(() => {
      if (running === mine) running = undefined
    })
    running = mine
    return result
  }

  async function refreshStored(options: ReadOptions): Promise<ProvidedTokens | null> {
    let from: Stored | undefined
    let stored = null as Stored | null
    const own = derive(orchestrator, {})
    // Not Amplify's refresher: when its one call in flight hangs, all others do.
    own.setTokenRefresher((input) => {
      from = input.tokens
      return issue(input).catch((error: unknown) => adopt(input.tokens, error))
    })
    own.setAuthTokenStore(
      derive(guarded, {
        storeTokens: (tokens) =>
          exclusive(async () => {
            stored = await store.loadTokens()
            // Without rotation only the access token tells that somebody else was faster.
            if (!isSame(stored, from) || String(stored?.accessToken) !== String(from?.accessToken)) return
            await store.storeTokens(tokens)
            stored = latest = tokens
          }),
        clearTokens: () => exclusive(() => clear(from, true)),
      }),
    )
    // Null: nobody is signed in, or the grant was rejected.
    if (!(await own.getTokens({ ...options, forceRefresh: true }))) return look()
    if (!stored) throw new BearerError('signedOut')
    return visible(stored)
  }

  /** After an error: somebody else may have used the refresh token first. */
  async function adopt(from: Stored, error: unknown): Promise<Stored> {
    for (let waited = false; ; waited = true) {
      const now = await load()
      if (now && !isSame(now, from)) return now
      if (waited || !(error as Error).name.includes('Reuse')) throw error
      await new Promise((proceed) => setTimeout(proceed, STORING_MS))
    }
  }

  /** Storage shows other tabs' changes late: what was stored after a sign-out there goes as well. */
  function hearStorage({ key, newValue }: PageEvent): void {
    if (newValue) return
    void exclusive(async () => {
      if (!latest || !key?.endsWith(`.${clientId()}.${latest.username}.refreshToken`)) return
      await clear(latest)
      latest = undefined
    })
  }

  function install(owner: TokenProvider, replace: (amplifys: Read) => Read): () => void {
    const before = currentRead()
    let undone = false
    // A refresh of ours and one of Amplify's would use the same refresh token.
    const amplifys: Read = async (options) => {
      await running
      return before.call(provider, options)
    }
    const guard = replace(amplifys)
    const read: GuardedRead = Object.assign((options?: ReadOptions) => (undone ? amplifys : guard)(options), {
      [AMPLIFY_BEARER]: { owner, rejectedSession, standing: () => (undone ? standing(before) : read) },
    })
    provider.getTokens = read
    if (!guards++) {
      orchestrator.setAuthTokenStore(guarded)
      platform.addEventListener?.('storage', hearStorage)
    }

    function remove(): void {
      provider.getTokens = standing(currentRead())
      if (--guards) return
      platform.removeEventListener?.('storage', hearStorage)
      if (orchestrator.getTokenStore() === guarded) orchestrator.setAuthTokenStore(store)
    }

    return () => {
      if (undone) return
      undone = true
      if (running) void running.then(remove)
      else remove()
    }
  }

  const inside = { look, refresh, install }
  Object.assign(guarded, { [AMPLIFY_BEARER]: inside })
  return inside
}

/** Whether nobody has signed in, signed out or (with rotation) refreshed between the one and the other. */
function isSame(one: Stored | null, other: Stored | undefined): boolean {
  return one?.refreshToken === other?.refreshToken
}

function settled(promise: Promise<unknown>): Promise<unknown> {
  return waitFor(
    promise.catch(() => undefined),
    undefined,
    STUCK_MS,
  )
}

/** For what is a help only: storage that is full, or hangs, keeps nobody from ending a session. */
function attempt(operation: () => Promise<unknown>): Promise<unknown> {
  const attempted = Promise.resolve().then(operation)
  return waitFor(
    attempted.catch(() => undefined),
    undefined,
    ATTEMPT_MS,
  )
}

/** What Amplify hands out, and its clock; the refresh token and the device's password are nobody's business. */
function visible(stored: Stored | null): ProvidedTokens | null {
  return stored && (pick(stored, ['accessToken', 'idToken', 'signInDetails', 'clockDrift']) as ProvidedTokens)
}

/** All that `target` is and will be, but for some methods. */
function derive<T extends object>(target: T, methods: Partial<T>): T {
  return Object.assign(Object.create(target) as T, methods)
}

export function pick(holder: object, names: readonly string[]): object {
  return Object.fromEntries(names.map((name) => [name, Reflect.get(holder, name) as unknown]))
}

function assertMethods(holder: object, names: readonly string[]): void {
  for (const name of names)
    assertFunction(Reflect.get(holder, name), `aws-amplify's ${name} (6.15.8 to 6.22.1 have one)`)
}
