import { createServerSession, type ServerSessionOptions } from '../../src/next/index.js'
import { createUserPool } from '../../src/testing/index.js'

const config = createUserPool().amplifyConfig()

test('the configuration is all that is needed', () => {
  expect(Object.keys(createServerSession({ config }))).toEqual(
    expect.arrayContaining(['proxy', 'updateSession', 'tokens', 'readOnlyTokens', 'tokenRoute', 'signOut']),
  )
})

test('amplify_outputs.json will do as well', () => {
  const auth = {
    user_pool_id: 'us-east-1_testpool',
    user_pool_client_id: 'testclient',
    aws_region: 'us-east-1',
  }
  expect(() => createServerSession({ config: { version: '1.4', auth } })).not.toThrow()
})

test.each<[string, unknown, string]>([
  [
    'no user pool',
    { config: {} },
    'config must be what Amplify.configure takes, with Auth.Cognito.userPoolId and userPoolClientId, not "object"',
  ],
  [
    'no client',
    { config: { Auth: { Cognito: { userPoolId: 'us-east-1_testpool' } } } },
    'config must be what Amplify.configure takes, with Auth.Cognito.userPoolId and userPoolClientId, not "object"',
  ],
  [
    'an unknown option',
    { timeout: 1 },
    'an option of createServerSession must be one that it knows ({ config, … }), not "timeout"',
  ],
  ['no config', { config: undefined }, 'config must be what Amplify.configure takes, not "undefined"'],
  ['no cookies', { cookies: null }, 'cookies must be an object, not "null"'],
  [
    'cookies that browsers drop',
    { cookies: { sameSite: 'none', secure: false } },
    "cookies.secure must be true with sameSite 'none', not false",
  ],
  [
    'a scope with a typo',
    { retiredScopes: [{ paths: '/' }] },
    'a field of retiredScopes[0] must be domain or path, not "paths"',
  ],
  ['tokenUse', { tokenUse: 'refresh' }, "tokenUse must be 'access' or 'id', not \"refresh\""],
  [
    'refreshWindowMs',
    { refreshWindowMs: -1 },
    'refreshWindowMs must be milliseconds from 0 to 2147483647, not -1',
  ],
  [
    'refreshWindowMs',
    { refreshWindowMs: NaN },
    'refreshWindowMs must be milliseconds from 0 to 2147483647, not null',
  ],
  [
    'refreshTimeoutMs',
    { refreshTimeoutMs: 0 },
    'refreshTimeoutMs must be milliseconds from 1 to 2147483647, not 0',
  ],
  ['lock', { lock: {} }, 'lock.run must be a function, not "undefined"'],
  ['lock', { lock: null }, 'lock.run must be a function, not "undefined"'],
  ['onError', { onError: 'log' }, 'onError must be a function, not "string"'],
  [
    'an unknown cookie option',
    { cookies: { path: '/app' } },
    'an option of cookies must be one that createServerSession knows, not "path"',
  ],
  [
    'cookies.domain',
    { cookies: { domain: 'example.com; Path=/x' } },
    'cookies.domain must be a host name such as \'example.com\', not "example.com; Path=/x"',
  ],
  [
    'cookies.domain',
    { cookies: { domain: '' } },
    'cookies.domain must be a host name such as \'example.com\', not ""',
  ],
  [
    'cookies.domain',
    { cookies: { domain: 'https://example.com' } },
    'cookies.domain must be a host name such as \'example.com\', not "https://example.com"',
  ],
  [
    'cookies.sameSite',
    { cookies: { sameSite: 'Lax' } },
    "cookies.sameSite must be 'strict', 'lax' or 'none', not \"Lax\"",
  ],
  ['cookies.secure', { cookies: { secure: 'yes' } }, 'cookies.secure must be true or false, not "string"'],
  ['cookies.httpOnly', { cookies: { httpOnly: 1 } }, 'cookies.httpOnly must be true or false, not "number"'],
  ['cookies.maxAge', { cookies: { maxAge: 0 } }, 'cookies.maxAge must be seconds from 1, not 0'],
  ['cookies.maxAge', { cookies: { maxAge: 1.5 } }, 'cookies.maxAge must be seconds from 1, not 1.5'],
  ['cookies.maxAge', { cookies: { maxAge: Infinity } }, 'cookies.maxAge must be seconds from 1, not null'],
  [
    'retiredScopes',
    { retiredScopes: { path: '/old' } },
    'retiredScopes must be a list of { domain, path }, not "object"',
  ],
  [
    'retiredScopes[1].path',
    { retiredScopes: [{ path: '/' }, { path: 'old' }] },
    'retiredScopes[1].path must be a path such as \'/app\', not "old"',
  ],
  [
    'retiredScopes[0].path',
    { retiredScopes: [{ path: '/a; Domain=x' }] },
    'retiredScopes[0].path must be a path such as \'/app\', not "/a; Domain=x"',
  ],
  [
    'retiredScopes[0].path',
    { retiredScopes: [{ path: '/a\nb' }] },
    'retiredScopes[0].path must be a path such as \'/app\', not "/a\\nb"',
  ],
  [
    'retiredScopes[0].domain',
    { retiredScopes: [{ domain: 'a b' }] },
    'retiredScopes[0].domain must be a host name such as \'example.com\', not "a b"',
  ],
])('%s: %j', (_, options, message) => {
  expect(() => createServerSession({ config, ...(options as Partial<ServerSessionOptions>) })).toThrow(
    new TypeError(`amplify-bearer: ${message}`),
  )
})

test('cookies may live for a second', () => {
  expect(() => createServerSession({ config, cookies: { maxAge: 1 } })).not.toThrow()
})

test('nothing at all', () => {
  const create = createServerSession as () => unknown
  expect(create).toThrow('amplify-bearer: config must be what Amplify.configure takes, not "undefined"')
})

describe('what cannot be used', () => {
  const session = createServerSession({ config })

  test.each([
    ['nothing', undefined, []],
    ['no context', {}, []],
    ['cookies() instead of cookies', { cookies: Promise.resolve() }, ['cookies']],
    ['a request without a response', { request: new Request('https://app.example.com') }, ['request']],
  ])('%s', (_, context, keys) => {
    expect(() => session.tokens(context as never)).toThrow(
      `amplify-bearer: the context must be { cookies }, the function of 'next/headers' itself, or { request, response }, not ${JSON.stringify(keys)}`,
    )
  })

  test('a handler that is none', () => {
    expect(() => session.proxy('handler' as never)).toThrow(
      'amplify-bearer: proxy\'s handler must be a function, not "string"',
    )
  })

  test('a sign-out in a Server Component, which cannot write', async () => {
    const cookies = () => Promise.resolve({ getAll: () => [], set: () => undefined })
    await expect(session.readOnlyTokens({ cookies }).signOut()).rejects.toThrow(
      'amplify-bearer: sign out by session.signOut, in a Server Action or a Route Handler',
    )
  })
})
