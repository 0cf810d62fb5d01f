type Callback = (errors: null, result?: unknown) => void

/** An operation of AsyncStorage on a phone. */
const OPERATION_MS = 3
const items = new Map<string, string>()

/** Below @react-native-async-storage/async-storage, where Amplify keeps its session. */
export const storageModules = {
  RNCAsyncStorage: {
    multiGet(keys: string[], done: Callback): void {
      later(done, () => keys.map((key) => [key, items.get(key) ?? null]))
    },
    multiSet(pairs: [string, string][], done: Callback): void {
      later(done, () => {
        for (const [key, value] of pairs) items.set(key, value)
      })
    },
    multiRemove(keys: string[], done: Callback): void {
      later(done, () => {
        for (const key of keys) items.delete(key)
      })
    },
    getAllKeys(done: Callback): void {
      later(done, () => [...items.keys()])
    },
  },
}

function later(done: Callback, operation: () => unknown): void {
  setTimeout(() => {
    done(null, operation())
  }, OPERATION_MS)
}
