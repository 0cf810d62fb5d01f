import { fetchAuthSession, signOut } from 'aws-amplify/auth'
import { Hub } from 'aws-amplify/utils'
import {
  createTokenManager,
  guardAmplify,
  type TokenManager,
  type TokenManagerOptions,
} from '../../../src/index.js'
import { createUserPool, type UserPool, type UserPoolOptions } from '../../../src/testing/index.js'
import { configureAmplify, createStorage, signInAlice, type Storage } from '../../testing/amplify.js'

export const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
/** Looks again and again; a test that waits for what never comes fails. */
export async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries++) {
    if (tries > 2_000) throw new Error('waited in vain')
    await wait(1)
  }
}
/** An operation of AsyncStorage on a phone. */
export const slowly = () => wait(2 + Math.random() * 4)
/** Any number of `ask` at once. */
export const times = <T>(count: number, ask: (index: number) => T) =>
  Array.from({ length: count }, (_, index) => ask(index))

/** Amplify's own read. */
export async function amplifyToken(options?: { forceRefresh: boolean }): Promise<string | null> {
  const { tokens } = await fetchAuthSession(options)
  return tokens?.accessToken.toString() ?? null
}

const page = new EventTarget()

/** As browsers tell that another tab has changed something in storage; `null`: removed it. */
export function otherTabStores(key: string, newValue: string | null): void {
  page.dispatchEvent(Object.assign(new Event('storage'), { key, newValue }))
}

export interface Stage {
  readonly pool: UserPool
  readonly storage: Storage
  readonly tokens: TokenManager
  readonly undo: () => void
  /** What Amplify told on its Hub. */
  readonly heard: string[]
  /** What the manager told. */
  readonly told: string[]
  readonly refreshes: () => number
  /** The stored session becomes one whose tokens were issued so long ago; by default they have expired. */
  readonly age: (issuedAgoMs?: number) => Promise<void>
  /** Somebody else, who shares the storage, has refreshed: the new access token. */
  readonly refreshElsewhere: () => Promise<string>
}

const endings: (() => unknown)[] = []

/**
 * Alice signed in to the real aws-amplify, with a user pool on a real socket that rotates refresh tokens without a grace
 * period, and a guard.
 */
export async function createStage(
  options: UserPoolOptions & { operation?: () => Promise<unknown>; manager?: TokenManagerOptions } = {},
): Promise<Stage> {
  const { operation, manager, ...poolOptions } = options
  // Amplify warns of every endpoint that is not Amazon's.
  jest.spyOn(console, 'warn').mockImplementation(() => undefined)
  const pool = createUserPool({
    users: [
      { username: 'alice', password: 'wonderland' },
      { username: 'bob', password: 'builder' },
    ],
    rotation: { gracePeriodMs: 0 },
    ...poolOptions,
  })
  const endpoint = await pool.listen()
  const storage = configureAmplify(endpoint.amplifyConfig(), createStorage(operation))
  await signInAlice()
  Object.assign(globalThis, {
    addEventListener: page.addEventListener.bind(page),
    removeEventListener: page.removeEventListener.bind(page),
  })
  const heard: string[] = []
  const stop = Hub.listen('auth', ({ payload }) => heard.push(payload.event))
  const tokens = createTokenManager(manager)
  const told: string[] = []
  tokens.subscribe(({ type }) => told.push(type))
  const undo = guardAmplify(tokens)
  endings.push(
    () => pool.close(),
    () => signOut().catch(() => undefined),
    stop,
    undo,
    () => {
      tokens.close()
    },
  )

  function store(set: Record<string, unknown>): void {
    for (const [key] of storage.items) {
      const name = key.slice(key.lastIndexOf('.') + 1)
      if (name in set) storage.items.set(key, String(set[name]))
    }
  }

  return {
    pool,
    storage,
    tokens,
    undo,
    heard,
    told,
    refreshes: () => pool.callCount('GetTokensFromRefreshToken'),
    age: async (issuedAgoMs = 7_200_000) => {
      store({ ...(await pool.issue('alice', { issuedAgoMs })) })
    },
    async refreshElsewhere() {
      const set = await pool.issue('alice')
      store({ ...set })
      return set.accessToken
    },
  }
}

export async function endStages(): Promise<void> {
  for (const end of endings.splice(0).reverse()) await end()
  Reflect.deleteProperty(globalThis, 'addEventListener')
  Reflect.deleteProperty(globalThis, 'removeEventListener')
}
