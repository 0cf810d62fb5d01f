import { fetchAuthSession, type TokenProvider as AmplifyTokenProvider } from 'aws-amplify/auth'
import { cognitoUserPoolsTokenProvider } from 'aws-amplify/auth/cognito'
import axios, { type AxiosInstance } from 'axios'
import { attachBearer, bearerInterceptors } from '../../src/axios/index.js'
import {
  createTokenManager,
  guardAmplify,
  wrapFetch,
  type AppLifecycle,
  type BearerErrorCode,
  type RefreshLock,
  type TokenManager,
  type TokenProvider,
} from '../../src/index.js'

// What is not called is compiled all the same: ts-jest checks the types of this file.
const neverCalled = (instance: AxiosInstance, tokens: TokenManager) => {
  const amplifys: AmplifyTokenProvider = cognitoUserPoolsTokenProvider
  const ours: TokenProvider = amplifys
  createTokenManager({ tokenProvider: ours, tokenUse: 'id', refreshWindowMs: 1, refreshTimeoutMs: 1 })
  createTokenManager({ tokenProvider: { getTokens: async () => (await fetchAuthSession()).tokens ?? null } })
  createTokenManager({ tokenProvider: tokens })
  const lock: RefreshLock = {
    run: (_name, task, { signal } = {}) => (signal?.aborted ? Promise.reject(new Error()) : task()),
  }
  createTokenManager({ lock })
  createTokenManager({ lock: { run: (_name, task) => task() } })
  const undo: () => void = guardAmplify(createTokenManager())
  undo()
  createTokenManager({
    reauthenticate: ({ claims, signal }) => Promise.resolve(signal.aborted || claims['sub'] === 'alice'),
    reauthenticateTimeoutMs: 1,
    reauthenticateQueueSize: 1,
  })
  // @ts-expect-error: no promise
  createTokenManager({ reauthenticate: () => true })
  const lifecycle: AppLifecycle = { isActive: () => true, subscribe: () => () => undefined }
  const stop: () => void = tokens.startAutoRefresh({ lifecycle })
  stop()
  tokens.startAutoRefresh()()
  void tokens.signOut()
  void tokens.signOut({ global: true })
  // @ts-expect-error: neither of the two tokens
  createTokenManager({ tokenUse: 'refresh' })

  const standard: typeof globalThis.fetch = wrapFetch(fetch, tokens, {
    allowedOrigins: ['https://a.example'],
  })
  void standard('https://a.example')
  void wrapFetch(fetch, tokens)('https://a.example', { bearer: false, method: 'POST' })
  // @ts-expect-error: not a number
  void wrapFetch(fetch, tokens)('https://a.example', { bearer: 1 })

  const detach: () => void = attachBearer(instance, tokens, { shouldRefresh: ({ status }) => status === 403 })
  detach()
  attachBearer(axios, tokens)
  const { request, response } = bearerInterceptors(instance, tokens)
  instance.interceptors.request.use(...request)
  instance.interceptors.response.use(...response)
  void instance.get('/', { bearer: false })
  void instance<{ a: 1 }>({ url: '/', bearer: false })
  // @ts-expect-error: not a string of one's own
  void instance.get('/', { bearer: 'no' })

  tokens.subscribe((event) => {
    const code: BearerErrorCode | undefined = event.type === 'refreshFailed' ? event.code : undefined
    expect(code).toBeDefined()
  })
}

test('the contract compiles', () => {
  expect(neverCalled).toBeInstanceOf(Function)
})
