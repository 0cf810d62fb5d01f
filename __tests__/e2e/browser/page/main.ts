import { Amplify } from 'aws-amplify'
import { fetchAuthSession, getCurrentUser, signIn, signOut } from 'aws-amplify/auth'
import { Hub } from 'aws-amplify/utils'
import {
  createTokenManager,
  guardAmplify,
  type TokenManager,
  type TokenManagerOptions,
} from '../../../../src/index.js'
import type { AmplifyConfig } from '../../../../src/testing/index.js'
import { plantTokens, readSession } from './storedSession.js'

/** The two ways to a token. */
export type Via = 'manager' | 'amplify'

/** What became of a call: a token, nobody (`null`), or an error. */
export type Answer =
  { readonly via: Via; readonly token: string | null } | { readonly via: Via; readonly error: string }

let manager: TokenManager | undefined
const events: string[] = []
const heard: string[] = []
Hub.listen('auth', ({ payload }) => heard.push(payload.event), { enableCrossTabEvents: true })

function started(): TokenManager {
  if (!manager) throw new Error('start() comes first')
  return manager
}

async function ask(via: Via, options: { forceRefresh?: boolean } = {}): Promise<string | null> {
  if (via === 'manager') return started().getToken(options)
  const { tokens } = await fetchAuthSession(options)
  return tokens?.accessToken.toString() ?? null
}

async function answer(via: Via, options?: { forceRefresh?: boolean }): Promise<Answer> {
  return ask(via, options).then(
    (token) => ({ via, token }),
    (error: unknown) => ({ via, error: String(error) }),
  )
}

/** What the tests do in a tab. */
const app = {
  configure(config: AmplifyConfig): void {
    Amplify.configure(config)
  },
  async signIn(username = 'alice', password = 'wonderland'): Promise<void> {
    await signIn({ username, password, options: { authFlowType: 'USER_PASSWORD_AUTH' } })
  },
  signOut: () => signOut(),
  getCurrentUser: () => getCurrentUser().then(({ username }) => username),
  start({ guard = true, ...options }: TokenManagerOptions & { guard?: boolean } = {}): void {
    manager = createTokenManager(options)
    manager.subscribe(({ type }) => events.push(type))
    if (guard) guardAmplify(manager)
  },
  ask,
  answer,
  /** Calls one after the other, `everyMs`, without waiting for the answers in between. */
  async burst(calls: Via[], everyMs = 2): Promise<Answer[]> {
    const asked = calls.map(async (via, index) => {
      await new Promise((resolve) => setTimeout(resolve, index * everyMs))
      return answer(via)
    })
    return Promise.all(asked)
  },
  /** Refreshes over and over, each time after the last. */
  async refreshRepeatedly(times: number): Promise<Answer[]> {
    const answers: Answer[] = []
    while (answers.length < times) {
      const via = answers.length % 2 ? 'amplify' : 'manager'
      answers.push(await answer(via, { forceRefresh: true }))
    }
    return answers
  },
  /** Takes the lock and never lets go. */
  keepLock: (name: string) =>
    new Promise<void>((resolve) => {
      const hold = () => {
        resolve()
        return new Promise(() => undefined)
      }
      navigator.locks.request(name, hold).catch(() => undefined)
    }),
  /** As soon as this tab, once frozen, is woken. */
  onResume: <T>(task: () => T | Promise<T>) =>
    new Promise<T>((resolve) => {
      document.addEventListener(
        'resume',
        () => {
          resolve(task())
        },
        { once: true },
      )
    }),
  events: () => [...events],
  /** What Amplify told, of other tabs as well. */
  heard: () => [...heard],
  /** A forced refresh through a manager of its own. */
  secondManager: () => createTokenManager().getToken({ forceRefresh: true }),
  stats: () => started().stats(),
  readSession,
  plantTokens,
}

export type App = typeof app

declare global {
  interface Window {
    app: App
  }
}

window.app = app
