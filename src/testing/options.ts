import { checkKeys, checkNumber, checkString, wrongOption } from './checks.js'
import { checkFault } from './faults.js'
import type { FaultRule } from './faults.js'
import { checkUser } from './users.js'
import type { UserPoolUser } from './users.js'

/** What a user pool can be created with. Every option has a default: `createUserPool()` is a working pool. */
export interface UserPoolOptions {
  /** The part before the underscore is the region. @default 'us-east-1_testpool' */
  userPoolId?: string
  /** The app client's ID; calls with another one get ResourceNotFoundException. @default 'testclient' */
  clientId?: string
  /** Who can sign in. @default [{ username: 'alice', password: 'wonderland' }] */
  users?: readonly UserPoolUser[]
  /** How long access tokens live, in milliseconds; tokens count in whole seconds. @default 3_600_000 (an hour) */
  accessTokenValidityMs?: number
  /** How long ID tokens live, in milliseconds. @default accessTokenValidityMs */
  idTokenValidityMs?: number
  /** How long a session can be refreshed after the sign-in, in milliseconds. @default 2_592_000_000 (30 days) */
  refreshTokenValidityMs?: number
  /**
   * Refresh token rotation: `false`, or `{ gracePeriodMs }` with the time for which a replaced refresh token is still
   * accepted (Cognito's RetryGracePeriodSeconds), 0 to 60_000. `{}` rotates without a grace period. After it a replaced
   * one gets RefreshTokenReuseException, which revokes nothing. A new refresh token does not prolong the session.
   *
   * @default false
   */
  rotation?: false | { gracePeriodMs?: number }
  /**
   * How long each operation takes, in milliseconds: half of it passes before the operation takes effect, half of it
   * before the answer arrives. A function is asked once for each call. Signing takes real time in between: with fake
   * timers use `advanceTimers: true`, or advance in steps until the answer is there.
   *
   * @default 0
   */
  latencyMs?: Latency
  /** How far the pool's clock is ahead of this machine's (negative: behind), in milliseconds. @default 0 */
  clockSkewMs?: number
  /** Faults from the first call on; the same as calling `pool.fail()` for each of them. @default [] */
  faults?: readonly FaultRule[]
}

export type Latency = number | (() => number)

/** The options with their defaults filled in. */
export interface UserPoolSettings {
  readonly userPoolId: string
  readonly clientId: string
  readonly users: readonly UserPoolUser[]
  readonly accessTokenValidityMs: number
  readonly idTokenValidityMs: number
  readonly refreshTokenValidityMs: number
  readonly rotation: false | { readonly gracePeriodMs: number }
  readonly latencyMs: Latency
  readonly clockSkewMs: number
  readonly faults: readonly FaultRule[]
}

const DAY_MS = 86_400_000
const LONGEST_GRACE_PERIOD_MS = 60_000
const DEFAULT_USERS: readonly UserPoolUser[] = [{ username: 'alice', password: 'wonderland' }]

const KEYS: readonly (keyof UserPoolOptions)[] = [
  'userPoolId',
  'clientId',
  'users',
  'accessTokenValidityMs',
  'idTokenValidityMs',
  'refreshTokenValidityMs',
  'rotation',
  'latencyMs',
  'clockSkewMs',
  'faults',
]

/** Fills in the defaults. @throws TypeError naming the option, what was given and what is wanted */
export function readOptions(options: UserPoolOptions): UserPoolSettings {
  checkKeys('options', options, KEYS)
  const { userPoolId = 'us-east-1_testpool', clientId = 'testclient', users = DEFAULT_USERS } = options
  const { accessTokenValidityMs = 3_600_000, idTokenValidityMs = accessTokenValidityMs } = options
  const { refreshTokenValidityMs = 30 * DAY_MS, latencyMs = 0, clockSkewMs = 0 } = options
  const { rotation = false, faults = [] } = options
  const settings = { userPoolId, clientId, users, faults, latencyMs, clockSkewMs }
  const validities = { accessTokenValidityMs, idTokenValidityMs, refreshTokenValidityMs }

  checkString(
    'userPoolId',
    userPoolId,
    /^[\w-]+_[0-9a-zA-Z]+$/,
    "a region and an ID, like 'us-east-1_testpool'",
  )
  checkString('clientId', clientId, /^[\w+]+$/, 'letters, digits, _ and +')
  for (const [name, validityMs] of Object.entries(validities)) checkNumber(name, validityMs, 1)
  checkLatency(latencyMs)
  checkClockSkew(clockSkewMs)
  checkList('users', users, 1)
  users.forEach((user, index) => {
    checkUser(`users[${index}]`, user)
  })
  checkList('faults', faults, 0)
  faults.forEach((rule, index) => {
    checkFault(`faults[${index}]`, rule)
  })
  return { ...settings, ...validities, rotation: readRotation(rotation) }
}

/** @throws TypeError unless it is a number of milliseconds or a function */
export function checkLatency(latencyMs: unknown): void {
  if (typeof latencyMs !== 'function') checkNumber('latencyMs', latencyMs, 0)
}

/** @throws TypeError unless it is a number of milliseconds */
export function checkClockSkew(clockSkewMs: unknown): void {
  checkNumber('clockSkewMs', clockSkewMs, -Number.MAX_SAFE_INTEGER)
}

function readRotation(rotation: false | { gracePeriodMs?: number }): UserPoolSettings['rotation'] {
  if (rotation === false) return false
  checkKeys('rotation', rotation, ['gracePeriodMs'])
  const { gracePeriodMs = 0 } = rotation
  checkNumber('rotation.gracePeriodMs', gracePeriodMs, 0, LONGEST_GRACE_PERIOD_MS)
  return { gracePeriodMs }
}

function checkList(name: string, value: unknown, minimum: number): void {
  const wanted = minimum > 0 ? 'an array that is not empty' : 'an array'
  if (!Array.isArray(value) || value.length < minimum) throw wrongOption(name, value, wanted)
}
