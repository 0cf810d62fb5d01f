import * as cognito from 'aws-amplify/auth/cognito'
import { Hub } from 'aws-amplify/utils'
import { assertFunction, BearerError } from '../errors.js'
import type { ProvidedTokens } from '../manager/types.js'
import { AMPLIFY_BEARER } from './amplifySource.js'

type Provider = typeof cognito.cognitoUserPoolsTokenProvider
type Store = Provider['authTokenStore']
type Stored = NonNullable<Awaited<ReturnType<Store['loadTokens']>>>
export type Read = Provider['getTokens'] & { [AMPLIFY_BEARER]?: Read }
export type ReadOptions = NonNullable<Parameters<Read>[0]>

/** How long whoever used a refresh token first may take to store what they got for it. */
const STORING_MS = 1_000

/** The session that Amplify keeps, below Amplify. */
export interface Inside {
  /** What is stored, whether it has expired or not. */
  readonly look: () => Promise<ProvidedTokens | null>
  /** Newly issued tokens, stored; or those that somebody else has stored meanwhile. */
  readonly refresh: (options: ReadOptions) => Promise<ProvidedTokens | null>
  /**
   * Puts a read in the place of Amplify's, and has Amplify's writes wait their turn. Returns the undo, which does nothing
   * if somebody else has done the same since.
   */
  readonly install: (replace: (read: Read) => Read) => () => void
}

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
  assertMethods(store, ['loadTokens', 'storeTokens', 'clearTokens'])
  assertMethods(orchestrator, ['setTokenRefresher', 'setAuthTokenStore', 'waitForInflightOAuth'])

  let last: Promise<unknown> = Promise.resolve()
  /** What a refresh stored last. */
  let latest: Stored | undefined

  /** One task after the other: storage may be slow, and half written in between. */
  function exclusive<T>(task: () => Promise<T>): Promise<T> {
    const result = last.then(task)
    last = result.catch(() => undefined)
    return result
  }

  const load = (): Promise<Stored | null> => exclusive(() => store.loadTokens())

  /** Amplify's store, whose every operation waits its turn and whose writes are told of. */
  const guarded = derive(store, {
    loadTokens: load,
    storeTokens: (tokens) => told(() => store.storeTokens(tokens)),
    clearTokens: () => told(() => store.clearTokens()),
  })

  async function told(write: () => Promise<void>): Promise<void> {
    await exclusive(write)
    // Before Amplify's own `signedIn`: it looks up the user in between.
    Hub.dispatch(AMPLIFY_BEARER, { event: 'stored' })
  }

  /** Unless others are stored by now. */
  async function clear(tokens: Stored | undefined): Promise<void> {
    if (isSame(await store.loadTokens(), tokens)) await store.clearTokens()
  }

  async function look(): Promise<ProvidedTokens | null> {
    await orchestrator.waitForInflightOAuth()
    return visible(await load())
  }

  async function refresh(options: ReadOptions): Promise<ProvidedTokens | null> {
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
            if (!isSame(stored, from)) return
            await store.storeTokens(tokens)
            stored = latest = tokens
          }),
        clearTokens: () => exclusive(() => clear(from)),
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

  function install(replace: (read: Read) => Read): () => void {
    const before = Reflect.get(provider, 'getTokens') as Read
    const amplifys = before[AMPLIFY_BEARER] ?? before
    const read = Object.assign(replace(amplifys.bind(provider)), { [AMPLIFY_BEARER]: amplifys })
    provider.getTokens = read
    orchestrator.setAuthTokenStore(guarded)
    // Storage tells of other tabs' changes late: what was stored after a sign-out goes as well.
    const unwatch = Hub.listen(
      'auth',
      ({ payload }) => {
        if (payload.event === 'signedOut') void exclusive(() => clear(latest))
      },
      { enableCrossTabEvents: true },
    )
    return () => {
      unwatch()
      if (provider.getTokens !== read) return
      provider.getTokens = amplifys
      orchestrator.setAuthTokenStore(store)
    }
  }

  return { look, refresh, install }
}

/** Whether nobody has signed in, signed out or (with rotation) refreshed between the one and the other. */
function isSame(one: Stored | null, other: Stored | undefined): boolean {
  return one?.refreshToken === other?.refreshToken
}

/** As Amplify hands them out: the refresh token and the device's password are nobody's business. */
function visible(stored: Stored | null): ProvidedTokens | null {
  if (!stored) return null
  const names = ['accessToken', 'idToken', 'signInDetails'] as const
  return Object.fromEntries(
    names.map((name) => [name, Reflect.get(stored, name)]),
  ) as unknown as ProvidedTokens
}

/** All that `target` is and will be, but for some methods. */
function derive<T extends object>(target: T, methods: Partial<T>): T {
  return Object.assign(Object.create(target) as T, methods)
}

function assertMethods(holder: object, names: readonly string[]): void {
  for (const name of names) assertFunction(Reflect.get(holder, name), `aws-amplify's ${name}`)
}
