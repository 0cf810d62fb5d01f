import type { RefreshLock } from 'amplify-bearer'

/** A lock of all processes that also keeps what the task has brought, as one with Redis can: `POST` waits for the turn. */
export const lock: RefreshLock = {
  async run(name, task) {
    const at = `${process.env.LOCK_URL}/${name}`
    let result = await (await fetch(at, { method: 'POST' })).json()
    try {
      result ??= await task()
      return result
    } finally {
      await fetch(at, { method: 'PUT', body: JSON.stringify(result) })
    }
  },
}
