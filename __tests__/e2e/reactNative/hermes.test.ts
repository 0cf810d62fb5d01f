import { runInHermes } from './hermes.js'

const API = 'https://api.example.com'
const URLS = [
  ...Array.from({ length: 20 }, (_, index) => `${API}/axios/${index}`),
  ...Array.from({ length: 5 }, (_, index) => `${API}/fetch/${index}`),
]
const ANSWERED = { statuses: URLS.map(() => 200), urls: URLS }

const bearerError = (code: string, retryable: boolean, cause?: string) => {
  const name: unknown = cause === undefined ? undefined : expect.objectContaining({ name: cause })
  const own = {
    name: 'BearerError',
    message: code,
    code,
    retryable,
    isBearerError: true,
    isAxiosError: false,
  }
  return name === undefined ? own : { ...own, cause: name }
}
const axiosError = (fields: object, cause: object): unknown =>
  expect.objectContaining({ name: 'AxiosError', isAxiosError: true, isBearerError: false, ...fields, cause })

let results: ReadonlyMap<string, unknown>
const told = (scenario: string) => results.get(scenario)

// Metro, without its cache, takes most of it.
beforeAll(async () => {
  results = await runInHermes()
}, 120_000)

test('the stage has what React Native has, and no more', () => {
  expect(told('platform')).toEqual({
    product: 'ReactNative',
    absent: ['document', 'location', 'addEventListener', 'BroadcastChannel', 'ReadableStream'],
    locks: false,
    subtle: false,
    'signal.reason': false,
    'AbortSignal.any': false,
    'Response.body': false,
  })
})

test('a token with four minutes left: 25 requests, one refresh, and Amplify has its token', () => {
  expect(told('refresh')).toEqual({ ...ANSWERED, refreshes: 1, refused: 0, amplifyHasIt: true })
})

test('a revoked token: 25 requests are refused, and answered after one refresh', () => {
  expect(told('replay')).toEqual({ ...ANSWERED, refreshes: 1, refused: 25, amplifyHasIt: true })
})

test("two hours later, within 60 ms, 20 requests and 20 of Amplify's own calls: one refresh", () => {
  expect(told('amplify')).toEqual({ statuses: [200], sameToken: true, refreshes: 1 })
})

test('tokens in a synchronous storage in the place of AsyncStorage', () => {
  expect(told('ownStorage')).toEqual({ ...ANSWERED, refreshes: 1, refused: 0, amplifyHasIt: true })
})

test('back from the background after two hours: 25 requests, one refresh; none once it is stopped', () => {
  const woken = { ...ANSWERED, refreshes: 1, refused: 0, amplifyHasIt: true }
  expect(told('resume')).toEqual({ inBackground: 0, woken, afterStop: 1 })
})

test('a day in the foreground: tokens are renewed before anybody has to wait for one', () => {
  // Every 54 and a half minutes. A look at AsyncStorage takes its time.
  expect(told('foreground')).toEqual({ refreshes: 26, refused: 0, slowestMs: expect.any(Number) as number })
  expect((told('foreground') as { slowestMs: number }).slowestMs).toBeLessThan(100)
})

test('woken without a network: nothing is asked for, nobody is signed out; with it, one refresh', () => {
  expect(told('tunnel')).toEqual({
    asked: 0,
    inTunnel: axiosError({ code: 'ERR_BEARER' }, bearerError('offline', true, 'NetworkError')),
    status: 200,
    events: ['refreshFailed', 'refreshed'],
  })
})

test('signed out while it refreshes: who waits is rejected, nobody is sent with a token', () => {
  expect(told('signOut')).toEqual({
    asked: axiosError({ code: 'ERR_BEARER' }, bearerError('signedOut', false)),
    answer: expect.objectContaining({ name: 'AxiosError', status: 401 }) as unknown,
    sent: 0,
    token: null,
  })
})

test('what is aborted while it waits for the refresh rejects at once, and is never sent', () => {
  expect(told('abort')).toEqual({
    errors: [
      expect.objectContaining({ name: 'CanceledError', code: 'ERR_CANCELED' }),
      // React Native's signals have no reason.
      expect.objectContaining({ name: 'AbortError', message: 'Aborted' }),
    ],
    abortedAfterMs: 5,
    patient: 200,
    sent: [`${API}/patient`],
    refreshes: 1,
  })
})

test('a rejected refresh token: every request says so, the event comes once', () => {
  const reason = bearerError('sessionExpired', false, 'NotAuthorizedException')
  expect(told('expired')).toEqual({
    byAxios: axiosError({ code: 'ERR_BEARER' }, reason),
    byFetch: reason,
    events: ['refreshFailed', 'sessionExpired'],
  })
})

test('offline, as XMLHttpRequest tells it', () => {
  const reason = bearerError('offline', true, 'NetworkError')
  expect(told('offline')).toEqual(axiosError({ code: 'ERR_BEARER' }, reason))
})

test("an API that takes no token: axios' own error, with the reason as its cause", () => {
  expect(told('refused')).toEqual(axiosError({ status: 401 }, bearerError('tokenRefused', false)))
})

test('BearerError is an error with a cause in this engine', () => {
  expect(told('errors')).toEqual({
    ...bearerError('offline', true, 'Error'),
    isError: true,
    isInstance: true,
    text: 'BearerError: offline',
    keys: ['name', 'code', 'retryable'],
    isForeignOne: true,
  })
})

test("a manager is disposable where there is no Symbol.dispose, for Babel's and esbuild's `using`", () => {
  expect(told('dispose')).toEqual({ symbol: 'undefined', namedUndefined: false, closed: true })
})

test('origins, without an address to resolve against: only what is written as the API gets the token', () => {
  expect(told('origins')).toEqual({
    withToken: [
      'https://api.example.com/users',
      'HTTPS://API.EXAMPLE.COM/users',
      'https://api.example.com:443/users',
      'https://api.example.com?page=2',
      'https://api.example.com/relative',
    ],
    without: [
      'https://stranger.example/users',
      'https://api.example.com.stranger.example/users',
      'https://api.example.com@stranger.example/users',
      'https://api.example.com:8443/users',
      'http://api.example.com/users',
      'https:\\\\api.example.com/users',
      'https://api%2eexample.com/users',
    ],
  })
})
