import { Amplify } from 'aws-amplify'
import { signOut } from 'aws-amplify/auth'
import { cognitoUserPoolsTokenProvider as provider } from 'aws-amplify/auth/cognito'
import { createTokenManager, guardAmplify, type RefreshLock, type TokenManager } from '../../../src/index.js'
import { createUserPool } from '../../../src/testing/index.js'
import { configureAmplify, signInAlice } from '../../testing/amplify.js'
import {
  amplifyToken,
  createStage,
  endStages,
  otherTabStores,
  times,
  until,
  wait,
  type Stage,
} from './stage.js'

const { tokenOrchestrator } = provider
const managers: TokenManager[] = []
function createManager() {
  const manager = createTokenManager()
  managers.push(manager)
  return manager
}

afterEach(async () => {
  for (const manager of managers.splice(0)) manager.close()
  await endStages()
})

/** Whether Amplify's reads are its own. */
const isBare = () =>
  Reflect.get(provider, 'getTokens') ===
    Reflect.get(Object.getPrototypeOf(provider) as object, 'getTokens') &&
  tokenOrchestrator.getTokenStore() === provider.authTokenStore

test('the undo leaves Amplify as it was', () => {
  expect(isBare()).toBe(true)
  const undo = guardAmplify(createManager())
  expect(isBare()).toBe(false)
  undo()
  expect(isBare()).toBe(true)
  undo()
  expect(isBare()).toBe(true)
})

test('after the undo a sign-out elsewhere is none of its business', async () => {
  const stage = await createStage()
  await stage.tokens.getToken({ forceRefresh: true })
  stage.undo()
  otherTabStores('CognitoIdentityServiceProvider.testclient.alice.refreshToken', null)
  await wait(20)
  expect(stage.storage.item('.refreshToken')).toBeDefined()
})

test('twice changes nothing: one refresh, and bare again after both are undone, in either order', async () => {
  const stage = await createStage()
  const again = guardAmplify(stage.tokens)
  await Promise.all(times(10, () => amplifyToken({ forceRefresh: true })))
  expect(stage.refreshes()).toBe(1)
  stage.undo()
  expect(isBare()).toBe(false)
  await Promise.all(times(10, () => amplifyToken({ forceRefresh: true })))
  expect(stage.refreshes()).toBe(2)
  expect(stage.heard).toEqual(['tokenRefresh', 'tokenRefresh'])
  again()
  expect(isBare()).toBe(true)
})

test('the undo of the second leaves the first', async () => {
  const stage = await createStage()
  const again = guardAmplify(stage.tokens)
  const other = guardAmplify(createManager())
  other()
  again()
  expect(tokenOrchestrator.getTokenStore()).not.toBe(provider.authTokenStore)
  await Promise.all(times(10, () => amplifyToken({ forceRefresh: true })))
  expect(stage.refreshes()).toBe(1)
  stage.undo()
  expect(isBare()).toBe(true)
})

test('one that is closed leaves it to the one before', async () => {
  const stage = await createStage()
  const manager = createManager()
  const other = guardAmplify(manager)
  manager.close()
  await Promise.all(times(10, () => amplifyToken({ forceRefresh: true })))
  await stage.tokens.getToken({ forceRefresh: true })
  expect(stage.refreshes()).toBe(2)
  other()
})

test('a manager that was closed without an undo: the next one refreshes once', async () => {
  const stage = await createStage()
  stage.tokens.close()
  expect(await createManager().getToken({ forceRefresh: true })).toBe(stage.storage.item('.accessToken'))
  expect(stage.refreshes()).toBe(1)
})

test('a read that somebody puts back over the guard: the manager refreshes once', async () => {
  const stage = await createStage()
  const guarded = provider.getTokens.bind(provider)
  Reflect.deleteProperty(provider, 'getTokens')
  expect(await stage.tokens.getToken({ forceRefresh: true })).toBe(stage.storage.item('.accessToken'))
  expect(stage.refreshes()).toBe(1)
  provider.getTokens = guarded
  stage.undo()
  Reflect.deleteProperty(provider, 'getTokens')
  expect(isBare()).toBe(true)
})

test.each([
  [
    'undone and closed',
    (stage: Stage) => {
      stage.undo()
      stage.tokens.close()
    },
  ],
  [
    'closed',
    (stage: Stage) => {
      stage.tokens.close()
    },
  ],
])('a guard that is %s during a refresh: nobody uses the refresh token twice', async (_, end) => {
  const stage = await createStage({ latencyMs: 50 })
  await stage.age()
  const first = amplifyToken()
  await until(() => stage.refreshes() === 1)
  end(stage)
  const found = await Promise.all([first, amplifyToken(), amplifyToken()])
  expect(new Set(found)).toEqual(new Set([stage.storage.item('.accessToken')]))
  expect(stage.refreshes()).toBe(1)
  stage.undo()
  expect(isBare()).toBe(true)
})

test('two managers with one lock of the application: the second does not wait for itself', async () => {
  let last: Promise<unknown> = Promise.resolve()
  const lock: RefreshLock = {
    run(_name, task) {
      const result = last.then(task)
      last = result.catch(() => undefined)
      return result
    },
  }
  const stage = await createStage({ manager: { lock } })
  const second = createTokenManager({ lock })
  managers.push(second)
  expect(await second.getToken({ forceRefresh: true })).toBe(stage.storage.item('.accessToken'))
  expect(stage.refreshes()).toBe(1)
})

test('several managers on one Amplify share one refresh', async () => {
  const stage = await createStage({ latencyMs: 20 })
  await stage.age()
  const asks = [stage.tokens, createManager(), createManager()].map((manager) => manager.getToken())
  const found = await Promise.all([...asks, amplifyToken()])
  expect(new Set(found)).toEqual(new Set([stage.storage.item('.accessToken')]))
  expect(stage.refreshes()).toBe(1)
})

test('a closed manager guards nothing: Amplify reads by itself', async () => {
  const stage = await createStage()
  stage.tokens.close()
  expect(await amplifyToken()).toBe(stage.storage.item('.accessToken'))
  expect(await amplifyToken({ forceRefresh: true })).toBe(stage.storage.item('.accessToken'))
})

test('what somebody else has put in the place of the read is used, and left there', async () => {
  const stage = await createStage()
  stage.undo()
  const reads: unknown[] = []
  const own = Reflect.get<typeof provider, 'getTokens'>(provider, 'getTokens')
  provider.getTokens = (options) => {
    reads.push(options)
    return own.call(provider, options)
  }
  const theirs: unknown = Reflect.get(provider, 'getTokens')
  const undo = guardAmplify(stage.tokens)
  stage.tokens.close()
  await amplifyToken()
  expect(reads).toHaveLength(1)
  undo()
  expect(Reflect.get(provider, 'getTokens')).toBe(theirs)
  provider.getTokens = own
})

test.each([
  [
    'a provider of its own',
    () => createTokenManager({ tokenProvider: { getTokens: () => Promise.resolve(null) } }),
  ],
  ['a manager that is none', () => ({}) as TokenManager],
  ['nothing', () => undefined as unknown as TokenManager],
])('%s is refused', (_, create) => {
  const guard = () => guardAmplify(create())
  expect(guard).toThrow(TypeError)
  expect(guard).toThrow(
    "amplify-bearer: guardAmplify's manager must be a token manager that was created without tokenProvider, not ",
  )
  expect(isBare()).toBe(true)
})

test('a closed manager is refused', () => {
  const manager = createManager()
  manager.close()
  expect(() => guardAmplify(manager)).toThrow(expect.objectContaining({ code: 'closed' }) as Error)
  expect(isBare()).toBe(true)
})

test.each([
  ['getTokens', provider],
  ['loadTokens', provider.authTokenStore],
  ['storeTokens', provider.authTokenStore],
  ['clearTokens', provider.authTokenStore],
  ['setTokenRefresher', tokenOrchestrator],
  ['setAuthTokenStore', tokenOrchestrator],
  ['waitForInflightOAuth', tokenOrchestrator],
])('an aws-amplify without %s is told, and left as it is', (name, holder) => {
  const own = Object.getOwnPropertyDescriptor(holder, name)
  Object.defineProperty(holder, name, { value: undefined, configurable: true })
  const guard = () => guardAmplify(createManager())
  expect(guard).toThrow(TypeError)
  expect(guard).toThrow(
    `amplify-bearer: aws-amplify's ${name} (6.15.8 to 6.22.1 have one) must be a function, not "undefined"`,
  )
  if (own) Object.defineProperty(holder, name, own)
  else Reflect.deleteProperty(holder, name)
  expect(isBare()).toBe(true)
})

test('before Amplify.configure: what is configured later is seen at once', async () => {
  const tokens = createManager()
  const undo = guardAmplify(tokens)
  const pool = createUserPool()
  const endpoint = await pool.listen()
  jest.spyOn(console, 'warn').mockImplementation(() => undefined)
  await tokens.getToken().catch(() => undefined)
  configureAmplify(endpoint.amplifyConfig())
  expect([await tokens.getToken(), await amplifyToken()]).toEqual([null, null])
  await signInAlice()
  const token = await tokens.getToken()
  expect(await pool.verify(token)).toMatchObject({ username: 'alice' })
  expect(await amplifyToken()).toBe(token)
  await signOut()
  undo()
  await pool.close()
})

test('a session that was stored before Amplify was configured', async () => {
  const stage = await createStage()
  stage.undo()
  const config = Amplify.getConfig()
  const tokens = createManager()
  const undo = guardAmplify(tokens)
  expect(await tokens.getToken()).toBe(stage.storage.item('.accessToken'))
  configureAmplify(config as Parameters<typeof configureAmplify>[0], stage.storage)
  await stage.age()
  const [token, again] = await Promise.all([tokens.getToken({ forceRefresh: true }), amplifyToken()])
  expect(token).toBe(again)
  undo()
})
