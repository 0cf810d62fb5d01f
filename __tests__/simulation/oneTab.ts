import { Amplify } from 'aws-amplify'
import { fetchAuthSession, signOut } from 'aws-amplify/auth'
import axios, { type AxiosInstance } from 'axios'
import { getResponse } from 'msw'
import { createTokenManager, guardAmplify, isBearerError, wrapFetch } from '../../src/index.js'
import { attachBearer } from '../../src/axios/index.js'
import { createUserPool } from '../../src/testing/index.js'
import { openPage } from '../support/page.js'
import { configureAmplify, signInAlice } from '../testing/amplify.js'
import { nameOf, type Journal } from './journal.js'
import type { Surroundings, World } from './play.js'
import { pickOne } from './random.js'
import { plainRecipe } from './recipe.js'

export const API = 'https://api.example.com'

/** An application's two ways to ask its API. */
export interface Client {
  readonly axios: AxiosInstance
  readonly fetch: (url: string) => Promise<Response>
  /** Another token than the one that was refused. */
  readonly replace: (rejectedToken: string) => Promise<unknown>
  readonly close: () => void
}

/** `on demand`: without auto refresh. `recipe`: without this library. */
export type Way = 'auto refresh' | 'on demand' | 'recipe'

/**
 * One tab with the real aws-amplify, and a user pool that rotates refresh tokens without a grace period. The device's
 * clock may be wrong; the pool, which is the API's as well, has the true time.
 */
export function openTab(way: Way): (surroundings: Surroundings) => World {
  return ({ clock, network, journal, random }) => {
    const page = openPage()
    const pool = createUserPool({ rotation: { gracePeriodMs: 0 } })
    const handlers = pool.handlers()
    const before = globalThis.fetch

    /** The servers: the API, and by MSW's handlers the user pool. */
    async function answer(request: Request): Promise<Response> {
      if (request.url.startsWith(API)) {
        const claims = await pool.verify(request.headers.get('authorization'))
        if (!claims) journal.refused.tokens++
        return new Response(null, { status: claims ? 200 : 401 })
      }
      const response = await getResponse(handlers, request)
      if (!response) throw new TypeError(`nobody answers ${request.url}`)
      const isRefresh = String(request.headers.get('x-amz-target')).includes('Refresh')
      await note(response.clone(), isRefresh)
      return response
    }

    /** What the pool has answered: new tokens, or that a refresh token is used up. */
    async function note(response: Response, isRefresh: boolean): Promise<void> {
      const body = (await response.json()) as {
        __type?: string
        AuthenticationResult?: { AccessToken: string }
      }
      if (body.__type === 'RefreshTokenReuseException') journal.refused.refreshTokens++
      if (!body.AuthenticationResult) return
      const [, claims = ''] = body.AuthenticationResult.AccessToken.split('.')
      const { exp } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { exp: number }
      const expiresAtMs = exp * 1_000 + (clock.trueMs() - Date.now() - pool.clockSkewMs)
      if (isRefresh) journal.refresh(expiresAtMs)
      else journal.signIn(expiresAtMs)
    }

    globalThis.fetch = (input, init) => {
      const request = new Request(input, init)
      if (request.url.startsWith(API)) journal.sent(Number(request.url.replace(/.*\//, '')))
      return network.call(() => answer(request))
    }

    const storage = configureAmplify(pool.amplifyConfig())
    const client = way === 'recipe' ? plainRecipe(API) : withBearer(way, journal)
    const isSignedIn = (): boolean => storage.item('.refreshToken') !== undefined

    const WAYS: readonly ((id: number) => Promise<number>)[] = [
      async (id) => (await client.axios.get<unknown>(`/orders/${id}`)).status,
      async (id) => (await client.fetch(`${API}/orders/${id}`)).status,
      async (id) => (await askByHand(`${API}/orders/${id}`, client.replace)).status,
    ]

    return {
      signIn: signInAlice,
      show() {
        page.show()
        page.dispatch('focus')
      },
      hide: () => {
        page.hide()
      },
      goOnline: () => {
        page.goOnline()
      },
      goOffline: () => {
        page.goOffline()
      },
      ask: () =>
        journal.ask((id) => {
          return pickOne(random, WAYS)(id).then(outcomeOf, reasonOf)
        }),
      switchTabs: () => undefined,
      followClock() {
        pool.clockSkewMs = -clock.aheadMs()
      },
      serve(how) {
        if (how === 'up') pool.heal()
        else pool.fail(how)
      },
      async look() {
        if (isSignedIn()) return
        journal.signOut()
        if (network.isUp()) await clock.until(signInAlice().catch(() => undefined))
      },
      async close() {
        client.close()
        await signOut().catch(() => undefined)
        Amplify.configure({})
        await pool.close()
        globalThis.fetch = before
        page.close()
      },
    }
  }
}

function withBearer(way: Way, journal: Journal): Client {
  const tokens = createTokenManager()
  const undo = guardAmplify(tokens)
  tokens.subscribe((event) => {
    journal.tell(nameOf(event))
  })
  const instance = axios.create({ baseURL: API, adapter: 'fetch' })
  attachBearer(instance, tokens)
  if (way === 'auto refresh') tokens.startAutoRefresh()
  return {
    axios: instance,
    fetch: wrapFetch((...request) => fetch(...request), tokens, { allowedOrigins: [API] }),
    replace: (rejectedToken) => tokens.getToken({ rejectedToken }),
    close() {
      undo()
      tokens.close()
    },
  }
}

/** With the token that Amplify hands out itself. */
async function askByHand(url: string, replace: Client['replace']): Promise<Response> {
  const send = (token: string) => fetch(url, { headers: { Authorization: `Bearer ${token}` } })
  const token = String((await fetchAuthSession()).tokens?.accessToken)
  const response = await send(token)
  return response.status === 401 ? send(String(await replace(token))) : response
}

export const outcomeOf = (status: number): string => (status === 200 ? 'answered' : String(status))

/** The library's code, the API's status, or `network`. */
export function reasonOf(error: unknown): string {
  const { cause, response, code, name, message } = error as {
    cause?: unknown
    response?: { status: number }
    code?: string
    name?: string
    message?: string
  }
  const reason = [error, cause].find(isBearerError)
  if (reason) return reason.code
  if (response) return String(response.status)
  return code === 'ERR_NETWORK' || /fetch|network/i.test(String(message)) ? 'network' : String(name)
}
