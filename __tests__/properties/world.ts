import { toBearerError } from '../../src/amplify/toBearerError.js'
import { createManager } from '../../src/manager/createManager.js'
import type { GetTokenOptions, TokenManager } from '../../src/index.js'
import { createClients, type Client, type Send } from './clients.js'
import { subjectOf, type DatedFact, type Fact, type History } from './journal.js'
import { createSession, START_MS, type Session, type SessionPlan } from './session.js'

export const DEADLINE_MS = 2_000
/** Of a user who is asked to sign in again. */
const PATIENCE_MS = 5_000
export const PATHS = ['/open', '/strict', '/failing', '/down'] as const
/** `/open` takes good tokens, `/strict` none; `/failing` answers 500, `/down` not at all. */
export type Path = (typeof PATHS)[number]

export interface World {
  readonly manager: TokenManager
  readonly session: Session
  readonly facts: readonly DatedFact[]
  /** Callers that wait. */
  readonly waiting: ReadonlySet<number>
  readonly request: (client: Client, path: Path, abortable: boolean) => void
  readonly getToken: (options: GetTokenOptions, abortable: boolean) => void
  /** Of the callers that came with a signal, the `nth` (they are counted round); notes who has not settled after `rest`. */
  readonly abort: (nth: number, rest?: () => Promise<void>) => Promise<void>
  readonly online: () => void
  /** Auto refresh, from now on. */
  readonly startAutoRefresh: () => void
  readonly signOut: () => void
  readonly setClock: (aheadMs: number) => void
  readonly close: () => void
  readonly history: (ragged: boolean) => History
}

/**
 * A manager with its clients, its session and an API, all in memory and noted in one journal. Every answer, of the API
 * or of the token provider, waits for `answering`. Needs fake timers.
 */
export function createWorld(plan: SessionPlan, answering: (label: string) => Promise<void>): World {
  const facts: DatedFact[] = []
  const waiting = new Set<number>()
  const signals: { caller: number; controller: AbortController; listeners: Set<unknown> }[] = []
  let callers = 0
  const note = (fact: Fact): void => void facts.push({ ...fact, atMs: performance.now() })
  const session = createSession(plan, note, answering)

  const page = new EventTarget()
  Object.assign(globalThis, {
    addEventListener: page.addEventListener.bind(page),
    removeEventListener: page.removeEventListener.bind(page),
  })
  const manager = createManager(session.source, toBearerError, {
    refreshWindowMs: 20_000,
    refreshTimeoutMs: DEADLINE_MS,
    reauthenticate: session.reauthenticate,
    reauthenticateTimeoutMs: PATIENCE_MS,
    reauthenticateQueueSize: 3,
  })
  manager.subscribe((event) => {
    note({ type: 'told', event })
  })

  const send: Send = createClients(manager, async ({ caller, path, token }) => {
    note({ type: 'sent', caller, token })
    await answering(`${path} to ${caller}`)
    if (path === '/down') throw new TypeError('Failed to fetch')
    if (path === '/failing') return 500
    return path === '/open' && session.accepts(token) ? 200 : 401
  })

  /** One that asks for something, and is settled some day. */
  function caller(
    ask: (caller: number, signal: AbortSignal | undefined) => Promise<unknown>,
    abortable: boolean,
    owner?: string,
  ): void {
    const caller = callers++
    waiting.add(caller)
    note({ type: 'asked', caller, owner })
    ask(caller, abortable ? signalFor(caller) : undefined).then(
      () => {
        waiting.delete(caller)
        note({ type: 'settled', caller })
      },
      (error: unknown) => {
        waiting.delete(caller)
        note({ type: 'settled', caller, error })
      },
    )
  }

  function signalFor(caller: number): AbortSignal {
    const controller = new AbortController()
    const entry = { caller, controller, listeners: new Set<unknown>() }
    const { signal } = controller
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      entry.listeners.add(args[1])
      add(...args)
    }
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      entry.listeners.delete(args[1])
      remove(...args)
    }
    signals.push(entry)
    return signal
  }

  return {
    manager,
    session,
    facts,
    waiting,
    request: (client, path, abortable) => {
      caller((id, signal) => send(client, id, path, signal), abortable)
    },
    getToken: (options, abortable) => {
      const owner = options.rejectedToken && subjectOf(options.rejectedToken)
      const ask = async (id: number, signal: AbortSignal | undefined): Promise<void> => {
        const token = await manager.getToken({ ...options, signal })
        note({ type: 'got', caller: id, token: token ?? undefined })
      }
      caller(ask, abortable, owner)
    },
    abort: async (nth, rest) => {
      const { caller, controller } = signals[nth % signals.length] ?? {}
      if (caller === undefined || !controller || controller.signal.aborted) return
      note({ type: 'aborted', caller })
      controller.abort()
      await rest?.()
      if (rest && waiting.has(caller)) note({ type: 'lingered', caller })
    },
    online: () => {
      note({ type: 'online' })
      page.dispatchEvent(new Event('online'))
    },
    startAutoRefresh: () => {
      if (!manager.closed) manager.startAutoRefresh()
    },
    signOut: () => {
      if (manager.closed) return
      note({ type: 'signingOut' })
      void manager.signOut().then(() => {
        note({ type: 'signedOut' })
      })
    },
    setClock: (aheadMs) => {
      note({ type: 'clockSet' })
      jest.setSystemTime(Date.now() + aheadMs)
    },
    close: () => {
      note({ type: 'closed' })
      manager.close()
    },
    history: (ragged) => ({
      facts,
      deadlineMs: DEADLINE_MS,
      ragged,
      stats: manager.stats(),
      listeners: signals.filter(({ listeners }) => listeners.size > 0).map(({ caller }) => caller),
    }),
  }
}

/** Sets both clocks to the beginning; microtasks, and what `rest` needs, stay real. */
export function beginTime(): void {
  jest.useFakeTimers({ now: START_MS, doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] })
}

/** Until everything that can go on without time and without answers has done so. */
export async function rest(): Promise<void> {
  for (let i = 0; i < 2; i++) await new Promise((resolve) => setImmediate(resolve))
}
