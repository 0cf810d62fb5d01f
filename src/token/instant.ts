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

/** The larger of what the two clocks say: a clock that was set back, or slept, never makes a token look younger. */
export function elapsedMs(since: Instant, now: Instant): number {
  return Math.max(now.wallMs - since.wallMs, now.monotonicMs - since.monotonicMs)
}
