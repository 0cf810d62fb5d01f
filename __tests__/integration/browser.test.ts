/** @jest-environment jest-fixed-jsdom */
import axios from 'axios'
import { http, HttpResponse } from 'msw'
import { attachBearer } from '../../src/axios/index.js'
import { originOf } from '../../src/http/origin.js'
import { wrapFetch } from '../../src/index.js'
import { setupApi } from '../support/api.js'
import { issue } from '../support/provider.js'

// The page is http://localhost/.
const api = setupApi()
const went = () => api().calls.map(({ url, bearer }) => [url, bearer !== null])

test("a page's own origin is the default for fetch", async () => {
  const pageFetch = wrapFetch(fetch, api().manager())
  await pageFetch('http://localhost/users')
  await pageFetch('https://api.example.com/users')
  expect(went()).toEqual([
    ['http://localhost/users', true],
    ['https://api.example.com/users', false],
  ])
})

test.each([
  ['no base URL', {}],
  ['a relative base URL', { baseURL: '/' }],
])('and for axios with %s', async (_, config) => {
  const client = axios.create(config)
  attachBearer(client, api().manager())
  await client.get('/users')
  api().revoke()
  await client.get('/users')
  expect(went()).toEqual(Array(3).fill(['http://localhost/users', true]))
})

test('but not to a host of which only the scheme is left out', async () => {
  const client = axios.create({ baseURL: 'http://localhost' })
  attachBearer(client, api().manager())
  await client.get('//evil.example/users', { validateStatus: () => true })
  expect(went()).toEqual([['http://evil.example/users', false]])
})

test('relative URLs go where <base href> says', () => {
  document.head.innerHTML = '<base href="https://cdn.example/v1/">'
  expect(originOf('users')).toBe('https://cdn.example')
  document.head.innerHTML = ''
  expect(originOf('users')).toBe('http://localhost')
})

test('what is no URL goes nowhere', () => {
  expect(originOf('https://[')).toBeUndefined()
})

test("a stranger's 401, met behind a redirect, refreshes nothing", async () => {
  const location = 'https://api.example.com/users'
  api().use(
    http.get('http://localhost/moved', () => new HttpResponse(null, { status: 302, headers: { location } })),
  )
  const pageFetch = wrapFetch(fetch, api().manager())
  expect((await pageFetch('http://localhost/moved')).status).toBe(401)
  expect(went()).toEqual([[location, false]])
  expect(api().provider.refreshes).toBe(0)
})

test('XMLHttpRequest replays as well', async () => {
  const client = axios.create({ baseURL: 'https://api.example.com', adapter: 'xhr' })
  attachBearer(client, api().manager())
  api().revoke()
  const { data } = await client.post<unknown>('/orders', { item: 'book' })
  expect(data).toEqual({ number: 2, body: '{"item":"book"}' })
})

test('coming back online ends the back-off', async () => {
  const client = axios.create({ baseURL: 'https://api.example.com' })
  attachBearer(client, api().manager())
  api().provider.stored = issue({ issuedAgoMs: 3_600_000 })
  api().provider.onRefresh = () => Promise.reject(new TypeError('Failed to fetch'))
  await expect(client.get('/')).rejects.toMatchObject({ code: 'ERR_BEARER' })
  api().provider.onRefresh = () => issue()
  await expect(client.get('/')).rejects.toMatchObject({ code: 'ERR_BEARER' })
  window.dispatchEvent(new Event('online'))
  expect((await client.get('/')).status).toBe(200)
  expect(api().provider.refreshes).toBe(2)
})

test('a closed manager leaves no listener on the page', () => {
  const added = jest.spyOn(window, 'addEventListener')
  const removed = jest.spyOn(window, 'removeEventListener')
  api().manager().close()
  expect(added).toHaveBeenCalledTimes(1)
  expect(removed.mock.calls).toEqual(added.mock.calls)
})
