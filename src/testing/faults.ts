import { checkKeys, checkNumber, wrongOption } from './checks.js'
import { CognitoError } from './cognitoError.js'
import { OPERATIONS } from './operationNames.js'
import type { Operation } from './operationNames.js'

const FAULTS = [
  'networkError',
  'answerLost',
  'throttled',
  'serviceError',
  'notAuthorized',
  'refreshTokenReuse',
  'hang',
] as const

/**
 * How a call can go wrong:
 *
 * - `networkError`: the connection breaks before the operation takes effect.
 * - `answerLost`: the operation takes effect, then the connection breaks. What rotation's grace period is made for.
 * - `throttled`: TooManyRequestsException, HTTP 400.
 * - `serviceError`: InternalErrorException, HTTP 500.
 * - `notAuthorized`: NotAuthorizedException, HTTP 400: the grant is rejected.
 * - `refreshTokenReuse`: RefreshTokenReuseException, HTTP 400.
 * - `hang`: no answer, until `heal()` lets the call go on or `close()` breaks the connection.
 */
export type Fault = (typeof FAULTS)[number]

/** Which calls a fault is for. */
export interface FaultScope {
  /** @default every operation */
  operation?: Operation
  /** How many calls it is for. @default all, until `heal()` */
  times?: number
}

export interface FaultRule extends FaultScope {
  fault: Fault
}

export interface Faults {
  add(rule: FaultRule): void
  /** The fault that this call meets, used up if it was for so many calls. Rules are tried in the order they were added. */
  take(operation: string): Fault | undefined
  clear(): void
}

/** @throws TypeError naming what is wrong with the rule */
export function checkFault(name: string, rule: FaultRule): void {
  checkKeys(name, rule, ['fault', 'operation', 'times'])
  const { fault, operation = OPERATIONS[0], times = Infinity } = rule
  if (!FAULTS.includes(fault)) throw wrongOption(`${name}.fault`, fault, `one of ${FAULTS.join(', ')}`)
  if (!OPERATIONS.includes(operation)) {
    throw wrongOption(`${name}.operation`, operation, `one of ${OPERATIONS.join(', ')}`)
  }
  if (times !== Infinity) checkNumber(`${name}.times`, times, 1)
}

/** What the pool answers in place of the operation, if the fault is one that is answered. */
export function refusalOf(fault: Fault): CognitoError | undefined {
  switch (fault) {
    case 'throttled':
      return new CognitoError('TooManyRequestsException', 'Rate exceeded')
    case 'serviceError':
      return new CognitoError('InternalErrorException', 'Something went wrong.')
    case 'notAuthorized':
      return new CognitoError('NotAuthorizedException', 'Refresh Token has been revoked')
    case 'refreshTokenReuse':
      return new CognitoError('RefreshTokenReuseException', 'Refresh Token has been replaced by rotation')
    default:
      return undefined
  }
}

/** The faults that wait for their calls. */
export function createFaults(initial: readonly FaultRule[]): Faults {
  let rules: { fault: Fault; operation: Operation | undefined; left: number }[] = []

  function add({ fault, operation, times = Infinity }: FaultRule): void {
    rules.push({ fault, operation, left: times })
  }

  initial.forEach(add)

  return {
    add,
    take(operation) {
      const rule = rules.find(
        (candidate) => candidate.operation === undefined || candidate.operation === operation,
      )
      if (rule === undefined) return undefined
      rule.left -= 1
      if (rule.left <= 0) rules = rules.filter((other) => other !== rule)
      return rule.fault
    },
    clear() {
      rules = []
    },
  }
}
