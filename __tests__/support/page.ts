import { getEventListeners } from 'node:events'

/** A page as far as the manager sees one: its events, its visibility, its network. */
export interface Page {
  hide(): void
  show(): void
  goOffline(): void
  goOnline(): void
  dispatch(type: string): void
  /** How many listeners there are for events of these types. */
  listeners(...types: string[]): number
  close(): void
}

/** Makes this process a page until it is closed. */
export function openPage(): Page {
  const target = new EventTarget()
  const document = {
    baseURI: 'https://app.example.com/',
    visibilityState: 'visible',
    // Amplify looks for traces of frameworks.
    querySelector: () => null,
    querySelectorAll: () => [],
  }
  const navigator = { onLine: true }
  const globals = {
    addEventListener: target.addEventListener.bind(target),
    removeEventListener: target.removeEventListener.bind(target),
    document,
    navigator,
  }
  const before = Object.keys(globals).map(
    (name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const,
  )
  for (const [name, value] of Object.entries(globals)) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true })
  }
  const dispatch = (type: string) => {
    target.dispatchEvent(new Event(type))
  }
  const become = (visibilityState: string) => {
    document.visibilityState = visibilityState
    dispatch('visibilitychange')
  }
  return {
    hide: () => {
      become('hidden')
    },
    show: () => {
      become('visible')
    },
    goOffline: () => {
      navigator.onLine = false
      dispatch('offline')
    },
    goOnline: () => {
      navigator.onLine = true
      dispatch('online')
    },
    dispatch,
    listeners: (...types) => types.flatMap((type) => getEventListeners(target, type)).length,
    close: () => {
      for (const [name, descriptor] of before) {
        if (descriptor) Object.defineProperty(globalThis, name, descriptor)
        else Reflect.deleteProperty(globalThis, name)
      }
    },
  }
}

/** A page of its own for each test of a file. */
export function setupPage(): () => Page {
  let page: Page
  beforeEach(() => {
    page = openPage()
  })
  afterEach(() => {
    page.close()
  })
  return () => page
}
