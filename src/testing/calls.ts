import type { CognitoErrorName } from './cognitoError.js'

/** A call that has reached the pool. No token and no password is in it. */
export interface UserPoolCall {
  /** The name in `X-Amz-Target`, whether the pool knows it or not; '' when there is none. */
  readonly operation: string
  /** When it arrived, by this machine's clock (`Date.now()`). */
  readonly receivedAtMs: number
  /** `networkError`: the answer did not get through, be it a fault, a client that had gone or a closed pool. */
  readonly outcome: 'pending' | 'ok' | 'networkError' | CognitoErrorName
}

/** A call under way, or over. */
export type CallEntry = { -readonly [Key in keyof UserPoolCall]: UserPoolCall[Key] }

export interface CallLog {
  begin(operation: string): CallEntry
  snapshot(): readonly UserPoolCall[]
}

export function createCallLog(): CallLog {
  const calls: CallEntry[] = []
  return {
    begin(operation) {
      const call: CallEntry = { operation, receivedAtMs: Date.now(), outcome: 'pending' }
      calls.push(call)
      return call
    },
    snapshot: () => calls.map((call) => ({ ...call })),
  }
}
