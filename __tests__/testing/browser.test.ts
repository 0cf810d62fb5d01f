/** @jest-environment jest-fixed-jsdom */
import axios from 'axios'
import { fetchAuthSession, getCurrentUser, signOut } from 'aws-amplify/auth'
import { http, HttpResponse } from 'msw'
import { setupServer } from 'msw/node'
import { createUserPool } from '../../src/testing/index.js'
import { configureAmplify, signInAlice } from './amplify.js'

const pool = createUserPool({ rotation: {} })
const api = http.get('https://api.example.com/me', async ({ request }) => {
  const claims = await pool.verify(request.headers.get('authorization'))
  return claims ? HttpResponse.json({ sub: claims.sub }) : new HttpResponse(null, { status: 401 })
})
const server = setupServer(...pool.handlers(), api)

beforeAll(() => {
  server.listen({ onUnhandledRequest: 'error' })
  configureAmplify(pool.amplifyConfig())
})
afterAll(() => {
  server.close()
})

it('runs where there is a window: signed in, refreshed, accepted, signed out', async () => {
  await signInAlice()
  await expect(getCurrentUser()).resolves.toMatchObject({ username: 'alice' })

  const { tokens } = await fetchAuthSession({ forceRefresh: true })
  const headers = { authorization: `Bearer ${String(tokens?.accessToken)}` }
  await expect(fetch('https://api.example.com/me', { headers })).resolves.toMatchObject({ status: 200 })

  await signOut()
  await expect(fetch('https://api.example.com/me', { headers })).resolves.toMatchObject({ status: 401 })
})

it('answers an XMLHttpRequest from another origin', async () => {
  const response = await axios.get(`${pool.issuer}/.well-known/jwks.json`, { adapter: 'xhr' })

  expect(response.data).toMatchObject({ keys: [{ alg: 'RS256', use: 'sig' }] })
})

it('shows Amplify a network error as one', async () => {
  await signInAlice()
  pool.fail('networkError')

  await expect(fetchAuthSession({ forceRefresh: true })).rejects.toMatchObject({ name: 'NetworkError' })
  pool.heal()
})
