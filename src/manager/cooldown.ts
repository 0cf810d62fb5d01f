/** A reason to hold off for a while. */
export interface Cooldown<Reason> {
  readonly reason: Reason
  readonly times: number
  /** On the monotonic clock. */
  readonly untilMs: number
}

/**
 * The next one lasts twice as long, up to thirty times the first; shortened at random by up to half, so that clients
 * do not march in step. The same reason again changes nothing.
 */
export function prolong<Reason>(
  last: Cooldown<Reason> | undefined,
  reason: Reason,
  firstMs: number,
): Cooldown<Reason> {
  if (last?.reason === reason) return last
  const times = last ? last.times + 1 : 0
  const forMs = firstMs * Math.min(30, 2 ** times) * (1 - Math.random() / 2)
  return { reason, times, untilMs: performance.now() + forMs }
}

/** The reason, while it counts. */
export function reasonOf<Reason>(cooldown: Cooldown<Reason> | undefined): Reason | undefined {
  return cooldown && performance.now() < cooldown.untilMs ? cooldown.reason : undefined
}
