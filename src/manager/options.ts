import { assertOption } from '../errors.js'
import type { TokenManagerOptions } from './types.js'

/** The longest a timer can be set for (a 32-bit integer); past it timers fire at once. */
const LONGEST_TIMER_MS = 2_147_483_647

export type ManagerSettings = Required<Omit<TokenManagerOptions, 'tokenProvider'>>

/** Fills in the defaults. @throws TypeError naming the option, what was given and what is wanted */
export function readManagerOptions(options: TokenManagerOptions): ManagerSettings {
  const { tokenUse = 'access', refreshWindowMs = 300_000, refreshTimeoutMs = 30_000 } = options
  assertOption(['access', 'id'].includes(tokenUse), 'tokenUse', tokenUse, "'access' or 'id'")
  assertMilliseconds('refreshWindowMs', refreshWindowMs, 0)
  assertMilliseconds('refreshTimeoutMs', refreshTimeoutMs, 1)
  return { tokenUse, refreshWindowMs, refreshTimeoutMs }
}

function assertMilliseconds(name: string, given: number, least: number): void {
  const holds = typeof given === 'number' && given >= least && given <= LONGEST_TIMER_MS
  assertOption(holds, name, given, `milliseconds from ${least} to ${LONGEST_TIMER_MS}`)
}
