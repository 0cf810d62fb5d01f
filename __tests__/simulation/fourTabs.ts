import { toBearerError } from '../../src/amplify/toBearerError.js'
import { wrapFetch, type ProvidedTokens, type RefreshLock } from '../../src/index.js'
import { createManager } from '../../src/manager/createManager.js'
import type { AppLifecycle } from '../../src/manager/lifecycle.js'
import { openPage } from '../support/page.js'
import { issue } from '../support/provider.js'
import { wait } from './clock.js'
import { nameOf } from './journal.js'
import { API, outcomeOf, reasonOf } from './oneTab.js'
import type { Surroundings, World } from './play.js'
import { between, pickOne, type Random } from './random.js'
import { HOUR_MS, type Service } from './week.js'

const TABS = 4

/** What tabs keep in common, and what the servers know. */
interface Stored {
  readonly tokens: ProvidedTokens
  readonly refreshToken: number
}

/** What the user does with a tab. */
interface Looked {
  readonly show: () => void
  readonly hide: () => void
}

interface Tab extends Looked {
  readonly fetch: (url: string) => Promise<Response>
  readonly close: () => void
}

/**
 * Four tabs with one storage and one lock, two of them visible side by side while the user looks, and a token service
 * that rotates refresh tokens without a grace period. Tabs see late what others have stored, and hear of it later, or
 * not at all.
 */
export function openTabs({ autoRefresh = true } = {}): (surroundings: Surroundings) => World {
  return (surroundings) => {
    const { clock, network, journal, random } = surroundings
    const page = openPage()
    const service = createService(surroundings)
    const storage = createStorage(random)
    const lock = createLock(random)
    const listeners: ((change: string) => void)[] = []

    async function refresh(tab: number): Promise<ProvidedTokens> {
      const { refreshToken } = storage.read(tab)
      const next = await network.call(() => service.refresh(refreshToken))
      storage.write(tab, next)
      for (const [other, tell] of listeners.entries()) {
        if (other === tab || random() < 0.3) continue
        void wait(between(random, 5, 2_000)).then(() => {
          tell('tokenRefresh')
        })
      }
      return next.tokens
    }

    function openTab(tab: number): Tab {
      const { lifecycle, show, hide } = createLifecycle()
      const provider = {
        getTokens: async ({ forceRefresh = false } = {}) =>
          forceRefresh ? refresh(tab) : Promise.resolve(storage.read(tab).tokens),
      }
      const watch = (listener: (change: string) => void) => {
        listeners.push(listener)
        return () => undefined
      }
      const manager = createManager({ provider, watch }, toBearerError, { lock })
      manager.subscribe((event) => {
        journal.tell(nameOf(event))
        if (/sessionExpired|signedOut/.test(event.type)) journal.signOut()
      })
      if (autoRefresh) manager.startAutoRefresh({ lifecycle })
      const send = async (url: string, init?: RequestInit): Promise<Response> => {
        journal.sent(Number(url.replace(/.*\//, '')))
        const status = await network.call(() => service.statusOf(new Headers(init?.headers)))
        return new Response(null, { status })
      }
      return {
        show,
        hide,
        fetch: wrapFetch(send as typeof fetch, manager, { allowedOrigins: [API] }),
        close: () => {
          manager.close()
        },
      }
    }

    const tabs = Array.from({ length: TABS }, (_, tab) => openTab(tab))
    let shown = tabs.slice(0, 2)
    let looks = false

    return {
      signIn() {
        storage.write(0, service.signIn())
        return Promise.resolve()
      },
      show() {
        looks = true
        for (const tab of shown) tab.show()
      },
      hide() {
        looks = false
        for (const tab of shown) tab.hide()
      },
      goOnline: () => {
        page.goOnline()
      },
      goOffline: () => {
        page.goOffline()
      },
      ask: () =>
        journal.ask(async (id) => {
          const asking = pickOne(random, looks ? shown : tabs)
          const sent = asking.fetch(`${API}/orders/${id}`)
          return sent.then(({ status }) => outcomeOf(status), reasonOf)
        }),
      /** One of the two makes room for one that was hidden. */
      switchTabs() {
        const leaving = pickOne(random, shown)
        const coming = pickOne(
          random,
          tabs.filter((tab) => !shown.includes(tab)),
        )
        shown = shown.map((tab) => (tab === leaving ? coming : tab))
        leaving.hide()
        coming.show()
      },
      followClock: () => undefined,
      serve: (how) => {
        service.become(how)
      },
      look: () => Promise.resolve(),
      close() {
        for (const tab of tabs) tab.close()
        page.close()
        return clock.pass(0)
      },
    }
  }
}

/** The token service and the API, which have the true time. */
function createService({ clock, journal }: Surroundings) {
  const expiries = new Map<string, number>()
  let state: Service = 'up'
  let newest = 0

  function grant(): Stored {
    const tokens = issue({ serverAheadMs: -clock.aheadMs() })
    expiries.set(String(tokens.accessToken), clock.trueMs() + HOUR_MS)
    // As Amplify does, which stores this with the tokens.
    return { tokens: { ...tokens, clockDrift: -clock.aheadMs() }, refreshToken: newest }
  }

  const expiryOf = ({ tokens }: Stored): number => expiries.get(String(tokens.accessToken)) ?? 0

  return {
    signIn(): Stored {
      const stored = grant()
      journal.signIn(expiryOf(stored))
      return stored
    },
    become(next: Service) {
      state = next
    },
    refresh(refreshToken: number): Stored {
      if (state !== 'up') throw named(state === 'throttled' ? 'TooManyRequestsException' : 'InternalError')
      if (refreshToken !== newest) {
        journal.refused.refreshTokens++
        throw named('NotAuthorizedException')
      }
      newest++
      const stored = grant()
      journal.refresh(expiryOf(stored))
      return stored
    },
    statusOf(headers: Headers): number {
      const token = headers.get('authorization')?.replace('Bearer ', '') ?? ''
      const isValid = (expiries.get(token) ?? 0) > clock.trueMs()
      if (!isValid) journal.refused.tokens++
      return isValid ? 200 : 401
    },
  }
}

const named = (name: string): Error => Object.assign(new Error(name), { name })

/** Others may see what was written up to 45 ms later: what the lock is kept for (50 ms) is not longer. */
function createStorage(random: Random) {
  let written: { by: number; seenFromMs: number; now: Stored; before: Stored } | undefined
  return {
    read(tab: number): Stored {
      if (!written) throw new Error('nobody is signed in')
      const sees = tab === written.by || performance.now() >= written.seenFromMs
      return sees ? written.now : written.before
    },
    write(tab: number, stored: Stored): void {
      const seenFromMs = performance.now() + between(random, 0, 45)
      written = { by: tab, seenFromMs, now: stored, before: written?.now ?? stored }
    },
  }
}

/** One task after the other. */
function createLock(random: Random): RefreshLock {
  let last: Promise<unknown> = Promise.resolve()
  return {
    run(_, task) {
      const result = last.then(() => wait(between(random, 1, 5))).then(task)
      last = result.catch(() => undefined)
      return result
    },
  }
}

/** A tab's own visibility, and the network that all have. */
function createLifecycle(): Looked & { readonly lifecycle: AppLifecycle } {
  let visible = false
  const listeners = new Set<(change: 'active' | 'online') => void>()
  const tell = (change: 'active' | 'online'): void => {
    for (const listener of listeners) listener(change)
  }
  addEventListener('online', () => {
    tell('online')
  })
  const lifecycle: AppLifecycle = {
    isActive: () => visible && navigator.onLine,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
  return {
    lifecycle,
    show() {
      visible = true
      tell('active')
    },
    hide() {
      visible = false
    },
  }
}
