import { Amplify } from 'aws-amplify'
import { signIn, signOut } from 'aws-amplify/auth'
import axios, { type AxiosInstance } from 'axios'
import { attachBearer } from '../../../../src/axios/index.js'
import {
  createTokenManager,
  guardAmplify,
  wrapFetch,
  type BearerFetch,
  type TokenManager,
} from '../../../../src/index.js'
import { AUTH, openCloud, ORIGIN, type Cloud } from './cloud.js'

export const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
/** Any number of `ask` at once. */
export const times = <T>(count: number, ask: (index: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, index) => ask(index)))

export async function signInAlice(): Promise<void> {
  await signIn({ username: 'alice', password: 'wonderland', options: { authFlowType: 'USER_PASSWORD_AUTH' } })
}

/** Amplify does not wait for its storage. */
export async function signOutForGood(): Promise<void> {
  await signOut()
  await wait(1_000)
}

/** An app in which Alice has signed in to the real aws-amplify, which keeps its session in AsyncStorage. */
export interface Stage {
  readonly cloud: Cloud
  readonly tokens: TokenManager
  readonly api: AxiosInstance
  readonly apiFetch: BearerFetch
  readonly end: () => Promise<void>
}

export async function createStage(): Promise<Stage> {
  const cloud = openCloud()
  Amplify.configure({ Auth: AUTH })
  await signInAlice()
  const tokens = createTokenManager()
  const undo = guardAmplify(tokens)
  const api = axios.create({ baseURL: ORIGIN })
  attachBearer(api, tokens)
  const apiFetch = wrapFetch(fetch, tokens, { allowedOrigins: [ORIGIN] })
  return {
    cloud,
    tokens,
    api,
    apiFetch,
    async end() {
      await signOutForGood()
      undo()
      tokens.close()
    },
  }
}
