import { fetchAuthSession, signOut } from 'aws-amplify/auth'
import { cognitoUserPoolsTokenProvider } from 'aws-amplify/auth/cognito'
import { createTokenManager, guardAmplify } from '../../src/index.js'
import { syncStorage, type SyncStorage } from '../../src/react-native/index.js'
import { createUserPool } from '../../src/testing/index.js'
import { configureAmplify, signInAlice } from '../testing/amplify.js'

/** As react-native-mmkv 3 and 4 have it: `remove` was `delete`. */
function createMmkv(remove: 'delete' | 'remove') {
  const items = new Map<string, string>([['theme', 'dark']])
  const storage: SyncStorage = {
    getString: (key) => items.get(key),
    set: (key, value) => void items.set(key, value),
    [remove]: (key: string) => items.delete(key),
  }
  return { items, storage }
}

describe.each(['delete', 'remove'] as const)('a storage that can %s', (remove) => {
  test('keeps what Amplify gives it, and forgets it', async () => {
    const { items, storage } = createMmkv(remove)
    const adapter = syncStorage(storage)
    await adapter.setItem('key', 'value')
    expect(items.get('key')).toBe('value')
    expect(await adapter.getItem('key')).toBe('value')
    await adapter.removeItem('key')
    expect(await adapter.getItem('key')).toBeNull()
  })

  test('clearing leaves what is not Amplify’s', async () => {
    const { items, storage } = createMmkv(remove)
    items.set('from the last start', 'value')
    const adapter = syncStorage(storage)
    await adapter.getItem('from the last start')
    await adapter.setItem('key', 'value')
    await adapter.clear()
    expect([...items]).toEqual([['theme', 'dark']])
  })

  test('the real aws-amplify signs in, refreshes and signs out with it', async () => {
    jest.spyOn(console, 'warn').mockImplementation(() => undefined)
    const { items, storage } = createMmkv(remove)
    const pool = createUserPool({ rotation: { gracePeriodMs: 0 } })
    const endpoint = await pool.listen()
    configureAmplify(endpoint.amplifyConfig())
    cognitoUserPoolsTokenProvider.setKeyValueStorage(syncStorage(storage))
    await signInAlice()
    const tokens = createTokenManager()
    const undo = guardAmplify(tokens)
    const renewed = await tokens.getToken({ forceRefresh: true })
    const { tokens: read } = await fetchAuthSession()
    expect(read?.accessToken.toString()).toBe(renewed)
    expect([...items.values()]).toContain(renewed)
    await tokens.signOut()
    expect(await tokens.getToken()).toBeNull()
    expect([...items].filter(([key]) => key.includes('oken'))).toEqual([])
    undo()
    tokens.close()
    await signOut()
    await pool.close()
  })
})

test('what the storage throws is a rejection', async () => {
  const broken = () => {
    throw new Error('disk full')
  }
  const adapter = syncStorage({ getString: broken, set: broken, remove: broken })
  await expect(adapter.getItem('key')).rejects.toThrow('disk full')
  await expect(adapter.setItem('key', 'value')).rejects.toThrow('disk full')
  await expect(adapter.removeItem('key')).rejects.toThrow('disk full')
})

const nothing = (): undefined => undefined

test.each([
  [null, 'storage.getString'],
  [{ getString: nothing }, 'storage.set'],
  [{ getString: nothing, set: nothing }, 'storage.delete'],
])('%o is refused', (storage, missing) => {
  expect(() => syncStorage(storage as SyncStorage)).toThrow(
    new TypeError(`amplify-bearer: ${missing} must be a function, not "undefined"`),
  )
})
