export interface Clock {
  now(): Date
  /** Milliseconds that only move forward; for durations, never for instants. */
  monotonicMs(): number
}

export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
}

/** Whole seconds since 1970, rounded down: NumericDate of RFC 7519. */
export function toEpochSeconds(instant: Date): number {
  return Math.floor(instant.getTime() / 1000)
}
