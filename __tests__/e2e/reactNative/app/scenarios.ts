import { fetchAuthSession } from 'aws-amplify/auth'
import { cognitoUserPoolsTokenProvider } from 'aws-amplify/auth/cognito'
import { isAxiosError } from 'axios'
import { BearerError, isBearerError } from '../../../../src/index.js'
import { appLifecycle, syncStorage } from '../../../../src/react-native/index.js'
import { setAppState } from '../native/appState.js'
import { AppState } from '../native/reactNative.js'
import { HOUR_MS, ORIGIN } from './cloud.js'
import { signInAlice, signOutForGood, times, wait, type Stage } from './stage.js'

const MINUTE_MS = 60_000

/** What was thrown, as far as it can be printed. */
function tell(thrown: unknown): object {
  const { name, message, cause, code, retryable, status } = thrown as Error & Record<string, unknown>
  return {
    name,
    message,
    code,
    retryable,
    status,
    isBearerError: isBearerError(thrown),
    isAxiosError: isAxiosError(thrown),
    ...(cause === undefined ? {} : { cause: tell(cause) }),
  }
}

const thrown = (promise: Promise<unknown>) => promise.then(() => 'nothing was thrown', tell)

/** Whether Amplify's callers get the manager's token. */
async function isShared({ tokens }: Stage): Promise<boolean> {
  const { tokens: found } = await fetchAuthSession()
  return found?.accessToken.toString() === (await tokens.getToken())
}

/** 20 requests of axios and 5 of fetch, at once. */
async function burst(stage: Stage): Promise<unknown> {
  const { cloud, api, apiFetch } = stage
  const [byAxios, byFetch] = await Promise.all([
    times(20, (index) => api.get<{ url: string }>(`/axios/${index}`)),
    times(5, (index) => apiFetch(`${ORIGIN}/fetch/${index}`)),
  ])
  const bodies = await Promise.all(byFetch.map((answer) => answer.json() as Promise<{ url: string }>))
  return {
    statuses: [...byAxios, ...byFetch].map(({ status }) => status),
    urls: [...byAxios.map(({ data }) => data), ...bodies].map(({ url }) => url),
    refreshes: cloud.refreshes(),
    refused: cloud.refused(),
    amplifyHasIt: await isShared(stage),
  }
}

const ABSENT = ['document', 'location', 'addEventListener', 'BroadcastChannel', 'ReadableStream']

const URLS = [
  `${ORIGIN}/users`,
  'HTTPS://API.EXAMPLE.COM/users',
  `${ORIGIN}:443/users`,
  `${ORIGIN}?page=2`,
  // Strangers.
  'https://stranger.example/users',
  `${ORIGIN}.stranger.example/users`,
  `${ORIGIN}@stranger.example/users`,
  `${ORIGIN}:8443/users`,
  'http://api.example.com/users',
  // What a browser would repair.
  'https:\\\\api.example.com/users',
  'https://api%2eexample.com/users',
]

/** As react-native-mmkv's. */
function createMmkv() {
  const items = new Map<string, string>()
  return {
    getString: (key: string) => items.get(key),
    set: (key: string, value: string) => void items.set(key, value),
    remove: (key: string) => items.delete(key),
  }
}

/** As @react-native-community/netinfo; `connect` says that the network has come, or gone. */
function createNetInfo() {
  const listeners = new Set<(state: { isConnected: boolean }) => void>()
  return {
    addEventListener(listener: (state: { isConnected: boolean }) => void) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    connect(isConnected: boolean) {
      for (const listener of listeners) listener({ isConnected })
    },
  }
}

/** Each begins with Alice signed in, on a clean sheet; what it returns is printed as JSON. */
export const scenarios: Record<string, (stage: Stage) => unknown> = {
  platform() {
    const { signal } = new AbortController()
    return {
      product: navigator.product,
      absent: ABSENT.filter((name) => !(name in globalThis)),
      locks: 'locks' in navigator,
      subtle: 'subtle' in crypto,
      'signal.reason': 'reason' in signal,
      'AbortSignal.any': 'any' in AbortSignal,
      'Response.body': 'body' in new Response('text'),
    }
  },

  async refresh(stage) {
    await wait(HOUR_MS - 4 * MINUTE_MS)
    return burst(stage)
  },

  async replay(stage) {
    await stage.tokens.getToken()
    stage.cloud.revokeAccessToken()
    return burst(stage)
  },

  async amplify({ cloud, api }) {
    await wait(2 * HOUR_MS)
    const [answers, sessions] = await Promise.all([
      times(20, (index) => wait(3 * index).then(() => api.get('/users'))),
      times(20, (index) => wait(3 * index).then(() => fetchAuthSession())),
    ])
    const found = new Set(sessions.map(({ tokens }) => tokens?.accessToken.toString()))
    return {
      statuses: [...new Set(answers.map(({ status }) => status))],
      sameToken: found.size === 1 && found.has(cloud.seen[0]?.token),
      refreshes: cloud.refreshes(),
    }
  },

  async ownStorage(stage) {
    await signOutForGood()
    cognitoUserPoolsTokenProvider.setKeyValueStorage(syncStorage(createMmkv()))
    await signInAlice()
    await wait(HOUR_MS - 4 * MINUTE_MS)
    return burst(stage)
  },

  /** In the background for two hours; then 20 requests in the moment in which it comes back. */
  async resume(stage) {
    const { cloud, tokens } = stage
    await tokens.getToken()
    const stop = tokens.startAutoRefresh({ lifecycle: appLifecycle({ AppState }) })
    setAppState('background')
    await wait(2 * HOUR_MS)
    const inBackground = cloud.refreshes()
    setAppState('active')
    const woken = await burst(stage)
    stop()
    setAppState('background')
    await wait(2 * HOUR_MS)
    setAppState('active')
    await wait(MINUTE_MS)
    return { inBackground, woken, afterStop: cloud.refreshes() }
  },

  /** A day in the foreground, with a request now and then. */
  async foreground({ cloud, api, tokens }) {
    const stop = tokens.startAutoRefresh({ lifecycle: appLifecycle({ AppState }) })
    const slowestMs: number[] = []
    for (let requests = 0; requests < 96; requests++) {
      await wait(15 * MINUTE_MS)
      const askedMs = Date.now()
      await tokens.getToken()
      slowestMs.push(Date.now() - askedMs)
      await api.get('/users')
    }
    stop()
    return { refreshes: cloud.refreshes(), refused: cloud.refused(), slowestMs: Math.max(...slowestMs) }
  },

  /** Woken in a tunnel, and out of it. */
  async tunnel({ cloud, api, tokens }) {
    const events: string[] = []
    const NetInfo = createNetInfo()
    await tokens.getToken()
    tokens.subscribe(({ type }) => events.push(type))
    const stop = tokens.startAutoRefresh({ lifecycle: appLifecycle({ AppState, NetInfo }) })
    setAppState('background')
    NetInfo.connect(false)
    cloud.goOffline()
    await wait(2 * HOUR_MS)
    setAppState('active')
    await wait(MINUTE_MS)
    const asked = cloud.refreshes()
    const inTunnel = await thrown(api.get('/users'))
    cloud.goOnline()
    NetInfo.connect(true)
    await wait(MINUTE_MS)
    const { status } = await api.get('/users')
    stop()
    return { asked, inTunnel, status, events }
  },

  async signOut({ cloud, api, tokens }) {
    await wait(2 * HOUR_MS)
    const asked = thrown(api.get('/users'))
    while (cloud.refreshes() === 0) await wait(1)
    await tokens.signOut()
    await wait(1_000)
    const answer = await thrown(api.get('/users'))
    const sent = cloud.seen.filter(({ token }) => token !== undefined).length
    return { asked: await asked, answer, sent, token: await tokens.getToken() }
  },

  async abort({ cloud, api, apiFetch }) {
    await wait(2 * HOUR_MS)
    const startedAt = Date.now()
    const controller = new AbortController()
    const { signal } = controller
    const aborted = Promise.all([
      thrown(api.get('/aborted', { signal })),
      thrown(apiFetch(`${ORIGIN}/aborted`, { signal })),
    ])
    const patient = api.get('/patient')
    await wait(5)
    controller.abort()
    const errors = await aborted
    const abortedAfterMs = Date.now() - startedAt
    const { status } = await patient
    const sent = cloud.seen.map(({ url }) => url)
    return { errors, abortedAfterMs, patient: status, sent, refreshes: cloud.refreshes() }
  },

  async expired({ cloud, api, apiFetch, tokens }) {
    const events: string[] = []
    tokens.subscribe(({ type }) => events.push(type))
    await wait(2 * HOUR_MS)
    cloud.revokeRefreshToken()
    const [byAxios, byFetch] = await Promise.all([
      thrown(api.get('/users')),
      thrown(apiFetch(`${ORIGIN}/users`)),
    ])
    return { byAxios, byFetch, events }
  },

  async offline({ cloud, api }) {
    await wait(2 * HOUR_MS)
    cloud.goOffline()
    return thrown(api.get('/users'))
  },

  async refused({ cloud, api }) {
    cloud.refuseAll()
    return thrown(api.get('/users'))
  },

  errors() {
    const error = new BearerError('offline', new Error('no route to host'))
    return {
      ...tell(error),
      isError: error instanceof Error,
      isInstance: error instanceof BearerError,
      text: String(error),
      keys: Object.keys(error),
      isForeignOne: isBearerError({ name: 'BearerError' }),
    }
  },

  dispose({ tokens }) {
    const dispose = Reflect.get(tokens, Symbol.for('Symbol.dispose')) as (() => void) | undefined
    dispose?.()
    return {
      symbol: typeof Symbol.dispose,
      namedUndefined: 'undefined' in tokens,
      closed: tokens.closed,
    }
  },

  async origins({ cloud, api, apiFetch }) {
    for (const url of URLS) {
      // Not every client sends every one of them.
      await Promise.all([thrown(api.get(url)), thrown(apiFetch(url))])
    }
    await api.get('/relative')
    const urls = (hasToken: boolean) =>
      cloud.seen.filter(({ token }) => (token !== undefined) === hasToken).map(({ url }) => url)
    return { withToken: [...new Set(urls(true))], without: [...new Set(urls(false))] }
  },
}
