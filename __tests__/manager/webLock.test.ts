import { createWebLock } from '../../src/manager/webLock.js'
import type { WebLocks } from '../../src/platform.js'

// What Chromium cannot be brought to do in e2e/browser: a page without an origin, and a tab that goes while it waits.
const page = globalThis as { location?: unknown }
const { navigator } = globalThis

function provide(locks: WebLocks): void {
  page.location = { href: 'https://app.example.com/' }
  Object.defineProperty(globalThis, 'navigator', { value: { locks }, configurable: true })
}

beforeEach(() => {
  jest.useFakeTimers()
})
afterEach(() => {
  delete page.location
  Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true })
})

test('where locks are denied, as to pages without an origin, the task runs all the same, once', async () => {
  const deny = () => Promise.reject(new DOMException('denied', 'SecurityError'))
  provide({ request: deny, query: deny })
  const task = jest.fn(() => Promise.resolve('done'))
  expect(await createWebLock(1_000)?.run('name', task)).toBe('done')
  expect(task).toHaveBeenCalledTimes(1)
})

test('who does not wait any more takes the lock from nobody, and runs nothing', async () => {
  const requests: object[] = []
  provide({
    request: (_, options) => {
      requests.push(options)
      return new Promise((__, reject) => {
        options.signal?.addEventListener('abort', () => {
          reject(new DOMException('aborted', 'AbortError'))
        })
      })
    },
    query: () => Promise.resolve({ held: [{ name: 'name', clientId: 'another tab' }] }),
  })
  const waiter = new AbortController()
  const task = jest.fn(() => Promise.resolve('done'))
  const waiting = createWebLock(1_000)?.run('name', task, { signal: waiter.signal })
  waiter.abort()
  await expect(waiting).rejects.toBe(waiter.signal.reason)
  await jest.advanceTimersByTimeAsync(10_000)
  expect(requests).toHaveLength(1)
  expect(task).not.toHaveBeenCalled()
})

test('no Web Locks where there is no page: on a server all users would share them', () => {
  provide({ request: () => Promise.resolve(), query: () => Promise.resolve({}) })
  expect(createWebLock(1_000)).toBeDefined()
  delete page.location
  expect(createWebLock(1_000)).toBeUndefined()
})
