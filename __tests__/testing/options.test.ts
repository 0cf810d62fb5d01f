import { createUserPool } from '../../src/testing/index.js'
import type { UserPoolOptions } from '../../src/testing/index.js'

const ALICE = { username: 'alice', password: 'wonderland' }

// What plain JavaScript, or a value read from a file, may hand over.
const create = (options: unknown) => () => createUserPool(options as UserPoolOptions)

it.each<[unknown, string]>([
  [null, 'options is null; it must be an object'],
  [{ accessTokenValidity: 5 }, "options has no 'accessTokenValidity'; it knows userPoolId"],
  [{ userPoolId: 'testpool' }, "userPoolId is 'testpool'; it must be a region and an ID"],
  [{ clientId: '' }, "clientId is ''; it must be letters"],
  [{ accessTokenValidityMs: '5m' }, "accessTokenValidityMs is '5m'; it must be a number from 1"],
  [{ idTokenValidityMs: 0 }, 'idTokenValidityMs is 0; it must be a number from 1'],
  [{ refreshTokenValidityMs: Infinity }, 'refreshTokenValidityMs is Infinity'],
  [{ rotation: true }, 'rotation is true; it must be an object'],
  [
    { rotation: { gracePeriodMs: 60_001 } },
    'rotation.gracePeriodMs is 60001; it must be a number from 0 to 60000',
  ],
  [{ rotation: { graceMs: 1 } }, "rotation has no 'graceMs'; it knows gracePeriodMs"],
  [{ latencyMs: -1 }, 'latencyMs is -1; it must be a number from 0'],
  [{ clockSkewMs: NaN }, 'clockSkewMs is NaN; it must be a number'],
  [{ users: [] }, 'users is an empty array; it must be an array that is not empty'],
  [{ users: 'alice' }, "users is 'alice'; it must be an array that is not empty"],
  [{ users: ['alice'] }, "users[0] is 'alice'; it must be an object"],
  [{ users: [{ ...ALICE, name: 'x' }] }, "users[0] has no 'name'; it knows username, password"],
  [{ users: [{ username: '', password: 'x' }] }, "users[0].username is ''"],
  [{ users: [{ username: 'alice' }] }, 'users[0].password must be a string that is not empty'],
  [
    { users: [{ ...ALICE, attributes: { age: 7 } }] },
    'users[0].attributes is an object; it must be an object of strings',
  ],
  [
    { users: [{ ...ALICE, groups: 'admins' }] },
    "users[0].groups is 'admins'; it must be an array of strings",
  ],
  [{ users: [ALICE, ALICE] }, "username is 'alice'; it must be a name that the pool does not have yet"],
  [{ faults: 'hang' }, "faults is 'hang'; it must be an array"],
  [{ faults: [{ fault: 'offline' }] }, "faults[0].fault is 'offline'; it must be one of networkError"],
  [
    { faults: [{ fault: 'hang', operation: 'SignUp' }] },
    "faults[0].operation is 'SignUp'; it must be one of Init",
  ],
  [{ faults: [{ fault: 'hang', times: 0 }] }, 'faults[0].times is 0; it must be a number from 1'],
])('refuses %j', (options, message) => {
  expect(create(options)).toThrow(TypeError)
  expect(create(options)).toThrow(message)
})

it('shows no password in its errors', () => {
  expect(create({ users: [{ username: '', password: 'wonderland' }] })).not.toThrow('wonderland')
  expect(create({ users: [{ username: 'alice', password: { secret: 'wonderland' } }] })).not.toThrow(
    'wonderland',
  )
})

it('checks what is given later as well', async () => {
  const pool = createUserPool()

  expect(() => (pool.clockSkewMs = NaN)).toThrow('clockSkewMs is NaN')
  expect(() => (pool.latencyMs = -5)).toThrow('latencyMs is -5')
  expect(() => {
    pool.addUser({ ...ALICE, username: '' })
  }).toThrow("user.username is ''")
  expect(() => {
    pool.disableUser('carol')
  }).toThrow("username is 'carol'; it must be one of alice")
  expect(() => {
    pool.fail('hang', { times: 0 })
  }).toThrow('fail.times is 0')
  await expect(pool.issue('carol')).rejects.toThrow("username is 'carol'; it must be one of alice")
  await expect(pool.issue('alice', { issuedAgoMs: -1 })).rejects.toThrow('issue.issuedAgoMs is -1')
  await expect(pool.listen(70_000)).rejects.toThrow('port is 70000; it must be a number from 0 to 65535')
})

it('works with none', () => {
  expect(createUserPool().amplifyConfig()).toEqual({
    Auth: { Cognito: { userPoolId: 'us-east-1_testpool', userPoolClientId: 'testclient' } },
  })
})
