import { wrapFetch } from '../../src/index.js'
import { ORIGIN, setupApi } from '../support/api.js'

const api = setupApi()

test('a refused body that could not be sent again does not wait for the user to sign in again', async () => {
  const { provider } = api()
  provider.onRefresh = () => null
  const reauthenticate = jest.fn(() => new Promise<boolean>(() => undefined))
  const tokens = api().manager({ reauthenticate })
  const apiFetch = wrapFetch(fetch, tokens, { allowedOrigins: [ORIGIN] })
  api().revoke()
  const post = (body: unknown) =>
    apiFetch(ORIGIN, { method: 'POST', body, duplex: 'half' } as RequestInit).then(({ status }) => status)
  const text = post('again and again')
  const stream = post(new Blob(['once']).stream())
  expect(await stream).toBe(401)
  expect(reauthenticate).toHaveBeenCalledTimes(1)
  expect(await Promise.race([text, Promise.resolve('waits')])).toBe('waits')
  tokens.close()
  expect(await text).toBe(401)
})
