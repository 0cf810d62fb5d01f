import type { BearerError } from '../errors.js'
import { after, currentInstant, leftUntilMs, type Instant } from '../token/instant.js'
import { remember } from './remember.js'

/** A reason to hold off for a while. */
interface Cooldown {
  readonly reason: BearerError
  readonly times: number
  readonly until: Instant
}

/** By the name of what is held off. */
export type Cooldowns = Map<string, Cooldown>

/**
 * The next one lasts twice as long, up to thirty times the first; shortened at random by up to half, so that clients
 * do not march in step. Nothing changes while one lasts: what fails together counts once.
 */
export function prolong(cooldowns: Cooldowns, name: string, reason: BearerError, firstMs: number): void {
  if (reasonOf(cooldowns, name)) return
  const { times = 0 } = cooldowns.get(name) ?? {}
  const forMs = firstMs * Math.min(30, 2 ** times) * (1 - Math.random() / 2)
  remember(cooldowns, name, { reason, times: times + 1, until: after(currentInstant(), forMs) })
}

/** The reason, while it counts. */
export function reasonOf(cooldowns: Cooldowns, name: string): BearerError | undefined {
  return leftOfMs(cooldowns, name) ? cooldowns.get(name)?.reason : undefined
}

export function leftOfMs(cooldowns: Cooldowns, name: string): number {
  const { until } = cooldowns.get(name) ?? {}
  return until ? Math.max(0, leftUntilMs(until, currentInstant())) : 0
}
