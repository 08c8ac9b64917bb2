export interface Clock {
  now(): Date
  /** Milliseconds that only move forward; for durations, never for instants. */
  monotonicMs(): number
}

/** Next puts a Date of its own in place of this one, which asks at every use whether a page is being drawn. */
const PlainDate = Date

export const systemClock: Clock = {
  now: () => new PlainDate(),
  monotonicMs: () => performance.now(),
}

/** Whole seconds since 1970, rounded down: NumericDate of RFC 7519. */
export function toEpochSeconds(instant: Date): number {
  return Math.floor(instant.getTime() / 1000)
}
