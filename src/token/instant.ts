/**
 * A moment on both of the device's clocks, in milliseconds. The wall clock knows how long the device slept but jumps
 * when it is corrected; the monotonic clock never jumps but may stand still during sleep.
 */
export interface Instant {
  readonly wallMs: number
  readonly monotonicMs: number
}

export function currentInstant(): Instant {
  return { wallMs: Date.now(), monotonicMs: performance.now() }
}

export function after({ wallMs, monotonicMs }: Instant, ms: number): Instant {
  return { wallMs: wallMs + ms, monotonicMs: monotonicMs + ms }
}

/**
 * How long until then; negative when it has passed. The less of what the two clocks say: one that was set back, or
 * slept, makes nothing last longer.
 */
export function leftUntilMs(then: Instant, now: Instant): number {
  return Math.min(then.wallMs - now.wallMs, then.monotonicMs - now.monotonicMs)
}
