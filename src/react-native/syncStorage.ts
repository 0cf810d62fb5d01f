import { assertFunction } from '../errors.js'

/** The part of a synchronous storage that is used: `react-native-mmkv`'s, for one; version 4 calls `delete` `remove`. */
export interface SyncStorage {
  getString(key: string): string | undefined
  set(key: string, value: string): void
  delete?(key: string): unknown
  remove?(key: string): unknown
}

/** Amplify's `KeyValueStorageInterface`. */
export interface KeyValueStorage {
  setItem(key: string, value: string): Promise<void>
  getItem(key: string): Promise<string | null>
  removeItem(key: string): Promise<void>
  clear(): Promise<void>
}

/**
 * Tokens in a synchronous storage, for Amplify's `setKeyValueStorage`: what Amplify writes key by key is there without
 * the waits in which an app may be stopped, or read what is half written. Keys are Amplify's own.
 *
 * @example
 * Amplify.configure(config)   // before: it puts in a storage of its own
 * cognitoUserPoolsTokenProvider.setKeyValueStorage(syncStorage(createMMKV({ id: 'session', encryptionKey })))
 *
 * @throws TypeError where `storage` is something else
 */
export function syncStorage(storage: SyncStorage): KeyValueStorage {
  const given = Object(storage) as Partial<SyncStorage>
  const remove = given.remove ? 'remove' : 'delete'
  for (const name of ['getString', 'set', remove] as const) assertFunction(given[name], `storage.${name}`)
  /** There may be other things in the storage, which are not Amplify's. */
  const keys = new Set<string>()

  async function removeItem(key: string): Promise<void> {
    await storage[remove]?.(key)
  }

  return {
    getItem(key) {
      keys.add(key)
      return settle(() => storage.getString(key) ?? null)
    },
    setItem(key, value) {
      keys.add(key)
      return settle(() => {
        storage.set(key, value)
      })
    },
    removeItem,
    async clear() {
      for (const key of keys) await removeItem(key)
    },
  }
}

/** At once; what is thrown is a rejection. */
async function settle<T>(operation: () => T): Promise<T> {
  return await Promise.resolve(operation())
}
