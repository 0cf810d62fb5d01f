import { createUserPool } from '../../src/testing/index.js'
import type { UserPool, UserPoolEndpoint } from '../../src/testing/index.js'
import { callCognito } from './cognito.js'

let pool: UserPool
let endpoint: UserPoolEndpoint

beforeEach(async () => {
  pool = createUserPool()
  endpoint = await pool.listen()
})
afterEach(() => pool.close())

function call(operation: string, input: object) {
  return callCognito(endpoint.url, operation, input)
}

it('answers an operation it does not know as Cognito does', async () => {
  const { status, headers, body } = await call('SignUp', { Username: 'carol' })

  expect(status).toBe(400)
  expect(headers.get('x-amzn-errortype')).toBe('UnknownOperationException:')
  expect(body).toEqual({ __type: 'UnknownOperationException', message: 'Unknown operation SignUp' })
  expect(pool.calls).toMatchObject([{ operation: 'SignUp', outcome: 'UnknownOperationException' }])
})

it.each<[string, string, object, string, string]>([
  [
    'another client',
    'InitiateAuth',
    { ClientId: 'other' },
    'ResourceNotFoundException',
    'client other does not exist',
  ],
  ['no client', 'RevokeToken', {}, 'InvalidParameterException', 'Missing required parameter ClientId'],
  ['no flow', 'InitiateAuth', { ClientId: 'testclient' }, 'InvalidParameterException', 'parameter AuthFlow'],
  [
    'no password',
    'InitiateAuth',
    { ClientId: 'testclient', AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters: { USERNAME: 'alice' } },
    'InvalidParameterException',
    'parameter PASSWORD',
  ],
  [
    'an unknown refresh token',
    'GetTokensFromRefreshToken',
    { ClientId: 'testclient', RefreshToken: 'x' },
    'NotAuthorizedException',
    'Invalid Refresh Token.',
  ],
  [
    'an unknown access token',
    'GetUser',
    { AccessToken: 'x' },
    'NotAuthorizedException',
    'Invalid Access Token',
  ],
])('refuses %s', async (_case, operation, input, type, message) => {
  const { status, body } = await call(operation, input)

  expect(status).toBe(400)
  expect(body).toMatchObject({ __type: type, message: expect.stringContaining(message) as string })
})

it('tells GetUser why an access token is refused', async () => {
  const revoked = await pool.issue()
  pool.revokeAccessTokens()
  const expired = await pool.issue('alice', { issuedAgoMs: 3_600_000 })
  const { idToken } = await pool.issue()
  const messageFor = async (token: string) => (await call('GetUser', { AccessToken: token })).body

  await expect(messageFor(revoked.accessToken)).resolves.toMatchObject({
    message: 'Access Token has been revoked',
  })
  await expect(messageFor(expired.accessToken)).resolves.toMatchObject({
    message: 'Access Token has expired',
  })
  await expect(messageFor(idToken)).resolves.toMatchObject({ message: 'Invalid Access Token' })
})

it('refuses a body that is no JSON object, without repeating it', async () => {
  const answer = await callCognito(
    endpoint.url,
    'InitiateAuth',
    {},
    { body: '{"PASSWORD":"wonderland"' },
  ).catch((error: unknown) => error)

  expect(answer).toMatchObject({ status: 400, body: { message: 'The body is not a JSON object' } })
})

it('lets any web page call it', async () => {
  const preflight = await fetch(endpoint.url, {
    method: 'OPTIONS',
    headers: {
      origin: 'http://localhost:5173',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'cache-control,content-type,x-amz-target,x-amz-user-agent',
    },
  })
  const { headers } = await call('SignUp', {})

  expect(preflight.status).toBe(204)
  expect(preflight.headers.get('access-control-allow-headers')).toContain('x-amz-target')
  expect(headers.get('access-control-allow-origin')).toBe('*')
  expect(headers.get('access-control-expose-headers')).toContain('x-amzn-ErrorType')
})

it('has nothing else to offer', async () => {
  await expect(fetch(`${endpoint.url}oauth2/token`, { method: 'POST' })).resolves.toMatchObject({
    status: 404,
  })
  await expect(fetch(endpoint.url)).resolves.toMatchObject({ status: 404 })
})

it('closes each endpoint for itself, and twice without harm', async () => {
  const other = await pool.listen()
  expect(other.url).not.toBe(endpoint.url)

  await other.close()
  await other.close()

  await expect(fetch(other.url)).rejects.toThrow('fetch failed')
  await expect(fetch(endpoint.url)).resolves.toMatchObject({ status: 404 })
})

it('says when a port is taken', async () => {
  await expect(pool.listen(Number(new URL(endpoint.url).port))).rejects.toMatchObject({ code: 'EADDRINUSE' })
})
