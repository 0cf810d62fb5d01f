import { userPoolClient } from '../../src/amplify/userPool.js'
import { setupApp } from './app.js'

const setup = setupApp()

/** A client of a pool, and what it sends there. */
async function open() {
  const { pool } = await setup()
  const sent: { cache: RequestCache | undefined; body: Record<string, unknown> }[] = []
  const onwards = globalThis.fetch
  jest.spyOn(globalThis, 'fetch').mockImplementation((input, init) => {
    sent.push({
      cache: init?.cache,
      body: JSON.parse(init?.body as string) as Record<string, unknown>,
    })
    return onwards(input, init)
  })
  const errors: Error[] = []
  const client = userPoolClient((await pool.listen()).amplifyConfig(), (error) => errors.push(error))
  return { client, sent, errors, tokens: await pool.issue() }
}

test.each([['device'], [undefined]])(
  'a refresh names the device that the refresh token is bound to: %s',
  async (deviceKey) => {
    const { client, sent, tokens } = await open()
    await client.refresh({ username: 'alice', refreshToken: tokens.refreshToken, deviceKey })
    expect(sent.map(({ body }) => [body['RefreshToken'], body['DeviceKey']])).toEqual([
      [tokens.refreshToken, deviceKey],
    ])
  },
)

test('what ends a session is asked for each time: nothing between may answer in the pool’s place', async () => {
  const { client, sent, errors, tokens } = await open()
  expect(await client.signOutEverywhere(tokens.accessToken)).toBe(true)
  expect(await client.revoke(tokens.refreshToken)).toBe(true)
  expect(sent.map(({ cache }) => cache)).toEqual(['no-store', 'no-store'])
  expect(errors).toEqual([])
})
