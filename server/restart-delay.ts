const firstDelayMs = 100
const delayMsMax = 10_000
/** A worker that served for so long had nothing wrong from its beginning. */
const steadyMs = 60_000

/** How long to wait before a worker that left is followed by another one. Pure. */
export function restartDelay(failures: number): number {
  return Math.min(delayMsMax, firstDelayMs * 2 ** failures)
}

/**
 * How many workers of one seat have failed in a row. Pure.
 *
 * @param before   as counted so far
 * @param servedMs  for how long the one that left now had served
 */
export function failuresAfter(before: number, servedMs: number): number {
  return servedMs >= steadyMs ? 0 : before + 1
}
