import { wrapFetch } from '../../src/index.js'
import { ORIGIN, setupApi } from '../support/api.js'

const api = setupApi()

function createFetch() {
  const { provider, manager } = api()
  provider.onRefresh = () => null
  const asked = jest.fn(() => new Promise<boolean>(() => undefined))
  const tokens = manager({ reauthenticate: asked, reauthenticateTimeoutMs: 200 })
  return { asked, apiFetch: wrapFetch(fetch, tokens, { allowedOrigins: [ORIGIN] }) }
}

test('a refused body that could not be sent again does not wait for the user to sign in again', async () => {
  const { asked, apiFetch } = createFetch()
  api().revoke()
  const post = (body: unknown) =>
    apiFetch(ORIGIN, { method: 'POST', body, duplex: 'half' } as RequestInit).then(({ status }) => status)
  const stream = post(new Blob(['once']).stream())
  const text = post('again and again')
  expect(await Promise.race([stream, text.then(() => 'the text')])).toBe(401)
  expect(asked).toHaveBeenCalledTimes(1)
  // Nobody signed in in time.
  expect(await text).toBe(401)
})
