import { assertOption } from '../errors.js'

/** The longest a timer can be set for (a 32-bit integer); past it timers fire at once. */
const LONGEST_TIMER_MS = 2_147_483_647

/** @throws TypeError naming the option, what was given and what is wanted */
export function assertMilliseconds(name: string, given: number, least: number): void {
  const nearest = Math.max(least, Math.min(given, LONGEST_TIMER_MS))
  assertOption(given === nearest, name, given, `milliseconds from ${least} to ${LONGEST_TIMER_MS}`)
}
