import { Amplify } from 'aws-amplify'
import { fetchAuthSession, getCurrentUser, signIn, signOut } from 'aws-amplify/auth'
import { Hub } from 'aws-amplify/utils'
import {
  createTokenManager,
  guardAmplify,
  type ReauthenticationContext,
  type TokenManager,
  type TokenManagerOptions,
} from '../../../../src/index.js'
import type { AmplifyConfig } from '../../../../src/testing/index.js'
import { createClients, type Client, type Reply } from './clients.js'
import { plantTokens, readSession } from './storedSession.js'

/** The two ways to a token. */
export type Via = 'manager' | 'amplify'

/** What became of a call: a token, nobody (`null`), or an error. */
export type Answer =
  { readonly via: Via; readonly token: string | null } | { readonly via: Via; readonly error: string }

/** What a manager is created with; and `hasDialog`: its `reauthenticate` shows the user a dialog. */
export type StartOptions = TokenManagerOptions & { guard?: boolean; hasDialog?: boolean }

let manager: TokenManager | undefined
let apiUrl = ''
let send: (client: Client) => Promise<Reply>
const events: string[] = []
const heard: string[] = []
let restored = false
addEventListener('pageshow', ({ persisted }) => (restored = persisted))
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

async function signInAs(username = 'alice', password = 'wonderland'): Promise<void> {
  await signIn({ username, password, options: { authFlowType: 'USER_PASSWORD_AUTH' } })
}

let closeDialog: (signedIn: boolean) => void = () => undefined

/** As an application does it: a dialog that stays until the user has signed in, or nobody waits for that any more. */
function reauthenticate({ signal }: ReauthenticationContext): Promise<boolean> {
  events.push('dialog opened')
  return new Promise((resolve) => {
    closeDialog = resolve
    signal.addEventListener('abort', () => {
      events.push('dialog closed')
      resolve(false)
    })
  })
}

/** What the tests do in a tab. */
const app = {
  configure(config: AmplifyConfig, api: string): void {
    Amplify.configure(config)
    apiUrl = api
  },
  signIn: signInAs,
  async signInByDialog(): Promise<void> {
    await signInAs()
    closeDialog(true)
  },
  signOut: () => signOut(),
  signOutByManager: () => started().signOut(),
  getCurrentUser: () => getCurrentUser().then(({ username }) => username),
  start({ guard = true, hasDialog = false, ...options }: StartOptions = {}): void {
    manager = createTokenManager(hasDialog ? { ...options, reauthenticate } : options)
    manager.subscribe(({ type }) => events.push(type))
    if (guard) guardAmplify(manager)
    send = createClients(apiUrl, manager)
  },
  startAutoRefresh(): void {
    started().startAutoRefresh()
  },
  /** Requests of the API, by both clients, all at once. */
  request: (times: number) =>
    Promise.all(Array.from({ length: times }, (_, index) => send(index % 2 ? 'axios' : 'fetch'))),
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
  /** After the manager, which has listened for longer, has heard it. */
  onOnline: () =>
    new Promise<void>((resolve) => {
      const hear = () => {
        resolve()
      }
      addEventListener('online', hear, { once: true })
    }),
  /** Whether the page was shown last out of the back/forward cache. */
  isRestored: () => restored,
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
