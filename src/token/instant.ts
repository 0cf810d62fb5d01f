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
