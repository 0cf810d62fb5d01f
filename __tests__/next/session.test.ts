import { encodeName, encodeValue, parseCookies } from '../../src/next/cookies.js'
import { changesBetween, endOf, issuedAt, openJar, sessionId, type Jar } from '../../src/next/session.js'
import { CLIENT, LAST_AUTH_USER, nameOf, unsigned } from './app.js'

const open = (...pairs: string[]): Jar => openJar(parseCookies(pairs.join('; ')), CLIENT)
const token = (iat: number, authTime = 1) => unsigned({ iat, auth_time: authTime })
const user = (username: string) => `${LAST_AUTH_USER}=${encodeValue(username)}`
const cookie = (what: string, value: string, username = 'alice') =>
  `${encodeName(nameOf(what, username))}=${encodeValue(value)}`

test('a session is the tokens of the last user', () => {
  const { session } = open(
    user('alice'),
    cookie('accessToken', token(1)),
    cookie('idToken', 'id'),
    cookie('refreshToken', 'refresh'),
    cookie('deviceKey', 'device'),
    cookie('clockDrift', '-600000'),
  )
  expect(session).toEqual({
    username: 'alice',
    accessToken: token(1),
    idToken: 'id',
    refreshToken: 'refresh',
    deviceKey: 'device',
  })
})

test.each([
  'a.b@example.com',
  'josé',
  '日本',
  'a;=b',
  '50%40',
  'bob(x)',
  'bob[x]',
  'a accessToken',
  'x.accessToken',
])('a user may be called %s', (username) => {
  const { session } = open(
    user(username),
    cookie('accessToken', token(1), username),
    cookie('refreshToken', 'refresh', username),
  )
  expect(session).toMatchObject({ username, accessToken: token(1), refreshToken: 'refresh' })
})

test('other encodings of a name are the same cookie', () => {
  const { session, copies } = open(
    user('bob(x)'),
    `${nameOf('accessToken', 'bob(x)')}=${token(1)}`,
    cookie('accessToken', token(2), 'bob(x)'),
  )
  expect(session?.accessToken).toBe(token(2))
  expect(copies.get(nameOf('accessToken', 'bob(x)'))).toHaveLength(2)
})

test.each([
  ['no user', [cookie('accessToken', token(1))]],
  ['an emptied user', [user(''), cookie('accessToken', token(1), '')]],
  ['a user of another client', [`CognitoIdentityServiceProvider.other.LastAuthUser=alice`]],
  [
    'a client whose ID begins with this one',
    [`CognitoIdentityServiceProvider.${CLIENT}2.LastAuthUser=alice`],
  ],
])('nobody is signed in with %s', (_, pairs) => {
  expect(open(...pairs).session).toBeUndefined()
})

test('tokens may be missing, or be none', () => {
  expect(open(user('alice')).session).toMatchObject({ username: 'alice', accessToken: undefined })
  expect(open(user('alice'), cookie('refreshToken', 'r')).session).toMatchObject({ refreshToken: 'r' })
  expect(issuedAt(open(user('alice'), cookie('accessToken', 'no token')).session?.accessToken)).toBe(
    -Infinity,
  )
})

describe('of several copies', () => {
  const copy = (iat: number) => [
    cookie('accessToken', token(iat)),
    cookie('idToken', `id ${iat}`),
    cookie('refreshToken', `refresh ${iat}`),
    cookie('clockDrift', String(iat)),
  ]
  const interleaved = (...iats: number[]) =>
    [0, 1, 2, 3].flatMap((index) => iats.map((iat) => copy(iat)[index] ?? ''))

  test.each([
    ['first', [3, 1, 2]],
    ['second', [1, 3, 2]],
    ['last', [1, 2, 3]],
  ])('the newest wins, with what was stored beside it, when it is the %s', (_, iats) => {
    for (const pairs of [iats.flatMap(copy), interleaved(...iats)]) {
      const { session, winners } = open(user('alice'), ...pairs)
      expect(session).toMatchObject({ accessToken: token(3), idToken: 'id 3', refreshToken: 'refresh 3' })
      expect(winners.get(nameOf('refreshToken'))).toBe('refresh 3')
      expect(winners.get(nameOf('clockDrift'))).toBe('3')
    }
  })

  test('one that is no token never wins', () => {
    const { session } = open(user('alice'), cookie('accessToken', 'broken'), cookie('accessToken', token(1)))
    expect(session?.accessToken).toBe(token(1))
  })

  test.each([
    ['first', [2, 1]],
    ['last', [1, 2]],
  ])('what there is only one of belongs to the winner, when that is the %s', (_, iats) => {
    const pairs = [...iats.map((iat) => cookie('accessToken', token(iat))), cookie('refreshToken', 'r')]
    expect(open(user('alice'), ...pairs).session).toMatchObject({ accessToken: token(2), refreshToken: 'r' })
  })
})

test('of several users the one with the newest access token is signed in', () => {
  const { session, winners } = open(
    user('alice'),
    user('bob'),
    cookie('accessToken', token(2)),
    cookie('accessToken', token(1), 'bob'),
    cookie('refreshToken', 'of alice'),
    cookie('refreshToken', 'of bob', 'bob'),
  )
  expect(session).toMatchObject({ username: 'alice', refreshToken: 'of alice' })
  expect(winners.get(LAST_AUTH_USER)).toBe('alice')
  expect(winners.get(nameOf('refreshToken', 'bob'))).toBe('of bob')
})

describe('what has to be written', () => {
  const { session } = open(user('alice'), cookie('accessToken', token(1)), cookie('refreshToken', 'r'))
  if (!session) throw new Error('no session')

  test('for newer tokens is what differs, and never who is signed in', () => {
    expect(changesBetween(CLIENT, session, session).size).toBe(0)
    const after = { ...session, accessToken: token(2), idToken: 'id' }
    expect(changesBetween(CLIENT, session, after)).toEqual(
      new Map([
        [nameOf('accessToken'), token(2)],
        [nameOf('idToken'), 'id'],
      ]),
    )
    expect(changesBetween(CLIENT, after, { ...after, idToken: undefined })).toEqual(
      new Map([[nameOf('idToken'), null]]),
    )
  })

  test('for the end are all tokens and traces of this client, but neither devices nor other clients', () => {
    const jar = open(
      user('alice'),
      cookie('accessToken', token(1)),
      cookie('deviceKey', 'd'),
      cookie('randomPasswordKey', 'd'),
      cookie('oauthMetadata', 'm'),
      cookie('refreshToken', 'of bob', 'bob'),
      `CognitoIdentityServiceProvider.other.LastAuthUser=alice`,
      `${nameOf('accessToken').replace(CLIENT, `${CLIENT}2`)}=${token(1)}`,
      `amplify-bearer.${CLIENT}.signedOut=1`,
    )
    const changes = endOf(CLIENT, jar)
    expect(new Set(changes.values())).toEqual(new Set([null]))
    expect(new Set(changes.keys())).toEqual(
      new Set([
        ...['accessToken', 'idToken', 'refreshToken', 'clockDrift', 'signInDetails', 'oauthMetadata'].map(
          (what) => nameOf(what),
        ),
        nameOf('refreshToken', 'bob'),
        LAST_AUTH_USER,
      ]),
    )
  })
})

test.each([
  [{ accessToken: unsigned({ origin_jti: 'a' }), idToken: unsigned({ origin_jti: 'b' }) }, 'a'],
  [{ accessToken: undefined, idToken: unsigned({ origin_jti: 'b' }) }, 'b'],
  [{ accessToken: unsigned({ auth_time: 3 }), idToken: undefined }, undefined],
  [{ accessToken: 'broken', idToken: undefined }, undefined],
  [{ accessToken: undefined, idToken: undefined }, undefined],
])('a session is known by what Cognito revokes it by: %#', (tokens, id) => {
  const session = { username: 'alice', refreshToken: undefined, deviceKey: undefined, ...tokens }
  expect(sessionId(session)).toBe(id)
})
