import { setTimeout as pause } from 'node:timers/promises'
import { isBearerError } from 'amplify-bearer'
import { createUserPool } from 'amplify-bearer/testing'
import { Amplify } from 'aws-amplify'
import { fetchAuthSession, signIn } from 'aws-amplify/auth'
import { cognitoUserPoolsTokenProvider } from 'aws-amplify/auth/cognito'
import { startApi } from './api.js'

/**
 * Plays a scene with one client, on a user pool, an API and a token storage of its own. Calls `onStep` with what each
 * step measured.
 */
export async function playScene(scene, createClient, onStep) {
  const clock = startClock()
  const pool = createUserPool({ rotation: {}, latencyMs: 20, ...scene.pool })
  const storage = slowStorage()
  let api, client
  try {
    const endpoint = await pool.listen()
    api = await startApi(pool)
    Amplify.configure(endpoint.amplifyConfig())
    // Only now: `configure` puts its own storage in.
    cognitoUserPoolsTokenProvider.setKeyValueStorage(storage)
    await signIn({
      username: 'alice',
      password: 'wonderland',
      options: { authFlowType: 'USER_PASSWORD_AUTH' },
    })
    client = createClient(api.url)
    const steps = createSteps({ pool, api, storage, client, onStep })
    await scene.play({ pool, pause, timePasses: clock.forward, ...steps })
  } finally {
    client?.close()
    await api?.close()
    await pool.close()
    clock.stop()
  }
}

/** What scenes are made of: requests, and a step that measures them. */
function createSteps({ pool, api, storage, client, onStep }) {
  const refreshCalls = () => pool.callCount('GetTokensFromRefreshToken')
  const told = []
  client.onSessionEnd((event) => told.push(event))

  async function withAxios() {
    const { status } = await client.axios.get('/orders')
    return status
  }

  async function withFetch() {
    const { status } = await client.fetch(`${api.url}/orders`)
    return status
  }

  /** What Data, API and Storage do, and the application itself: they count as answered when they have a token. */
  async function withAmplify() {
    const { tokens } = await fetchAuthSession()
    return tokens ? 200 : 'no token'
  }

  /** How each request ended: its status, or the name of what went wrong. */
  const endOf = (request) => request().then(String, nameOf)

  return {
    /** Requests that start within `spreadMs`, as those of a page do that is being built up; every other one by `other`. */
    together: (count, { other = 'axios', spreadMs = 0 } = {}) =>
      Promise.all(
        Array.from({ length: count }, async (_, index) => {
          if (spreadMs) await pause((spreadMs * index) / count)
          return endOf(
            index % 2 ? { axios: withAxios, fetch: withFetch, amplify: withAmplify }[other] : withAxios,
          )
        }),
      ),

    async oneByOne(count, inBetween) {
      const ends = []
      while (ends.length < count) {
        ends.push(await endOf(withAxios))
        inBetween()
      }
      return ends
    },

    /**
     * Runs requests and hands on what was measured; `promised` is what amplify-bearer has to keep. What the app is told
     * between two steps counts for the second.
     */
    async step(name, run, promised) {
      const before = { ...api.seen, refreshCalls: refreshCalls() }
      const startedMs = performance.now()
      const ends = await run()
      const ms = performance.now() - startedMs
      // Amplify does not wait for tokens to be cleared from storage.
      await pause(50)
      const failures = ends.filter((end) => end !== '200')
      onStep(name, promised, {
        requests: ends.length,
        answered: ends.length - failures.length,
        sends: api.seen.sends - before.sends,
        bare: api.seen.bare - before.bare,
        refreshCalls: refreshCalls() - before.refreshCalls,
        ms,
        failures: tally(failures),
        told: tally(told.splice(0)),
        signedIn: storage.holds('refreshToken'),
      })
    },
  }
}

/** The code that amplify-bearer gives, the API's status, or the error's name. */
function nameOf(error) {
  const { code } = [error, error.cause].find(isBearerError) ?? {}
  return String(code ?? error.response?.status ?? error.name)
}

function tally(names) {
  return [...new Set(names)]
    .map((name) => `${names.filter((other) => other === name).length}× ${name}`)
    .join(', ')
}

/** Takes 2 ms for every operation, as storage does on a phone. */
function slowStorage() {
  const items = new Map()
  const slowly =
    (operate) =>
    async (...details) => {
      await pause(2)
      return operate(...details)
    }
  return {
    getItem: slowly((key) => items.get(key) ?? null),
    setItem: slowly((key, value) => items.set(key, value)),
    removeItem: slowly((key) => items.delete(key)),
    clear: slowly(() => items.clear()),
    holds: (name) => [...items.keys()].some((key) => key.endsWith(`.${name}`)),
  }
}

/** Lets the wall clock jump ahead, as it does on a laptop that wakes: for Amplify, the pool and the API alike. */
function startClock() {
  const { now } = Date
  let aheadMs = 0
  Date.now = () => now() + aheadMs
  return {
    forward(milliseconds) {
      aheadMs += milliseconds
    },
    stop() {
      Date.now = now
    },
  }
}
