/** @jest-environment jest-fixed-jsdom */
import axios from 'axios'
import { attachBearer } from '../../src/axios/index.js'
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
