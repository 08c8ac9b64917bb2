import type { Connection } from '#db/connection.ts'
import {
  beginSweep,
  keepSweepState,
  purgeSessionEpochs,
  type SweptSlice,
  sliceSize,
  sweepSessionSlice,
} from '#db/queries/session-sweep.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'

/** How often a process looks whether a run is due. */
export const sweepIntervalMs = 30_000
/** With the interval: at most about 1,700 rows a second, whatever the size of the table and the number of processes. */
const slicesMax = 50
/** From the end of the table to the next beginning. */
const restSeconds = 60

/**
 * One run of the sweep: writes into the rows what time and epochs have ended, and removes what ended longer ago than
 * `SESSION_HISTORY_DAYS`. Goes on where the last run of any process stopped; one process at a time.
 *
 * Whether a session lives does not depend on it: the check judges by the same times, and earlier.
 */
export async function sweepSessions(
  runtime: Pick<Runtime, 'config' | 'database' | 'log' | 'metrics'>,
): Promise<void> {
  const totals = { ended: 0, purged: 0 }
  for (let slices = 0; slices < slicesMax; slices += 1) {
    const swept = await runtime.database.transaction((transaction) => sweepNext(runtime, transaction, slices))
    if (!swept) break
    runtime.metrics.count('auth_session_ended', 'idle', swept.idle)
    runtime.metrics.count('auth_session_ended', 'expired', swept.expired)
    totals.ended += swept.ended
    totals.purged += swept.purged
    if (isLast(swept)) break
  }
  if (totals.ended + totals.purged > 0)
    runtime.log.info({ event: 'sessions_swept', ...totals }, 'endings written, old sessions removed')
}

/** Null when there is nothing to do now: another process is at it, or it was done a moment ago. */
async function sweepNext(
  { config }: Pick<Runtime, 'config'>,
  transaction: Connection,
  slicesBefore: number,
): Promise<SweptSlice | null> {
  const { historySeconds, roleLimits } = config.session
  const { isFree, isDue, after } = await beginSweep(transaction)
  if (!isFree || (slicesBefore === 0 && !isDue)) return null
  const swept = await sweepSessionSlice(transaction, { after, historySeconds, roleLimits })
  if (isLast(swept)) {
    await purgeSessionEpochs(transaction, historySeconds)
    await keepSweepState(transaction, { after: null, restSeconds })
  } else {
    // Others wait as if the run took all of its slices.
    await keepSweepState(transaction, { after: swept.lastId, restSeconds: sweepIntervalMs / 1000 })
  }
  return swept
}

function isLast({ walked }: SweptSlice): boolean {
  return walked < sliceSize
}
