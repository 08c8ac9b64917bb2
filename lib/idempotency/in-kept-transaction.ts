import type { Connection, Database } from '#db/connection.ts'

/** Keeps the answer that goes with a result, in the transaction that made it (see {@link Keep} of run-once.ts). */
export type KeepResult<Result> = (transaction: Connection, result: Result) => Promise<void>

/**
 * Makes a change, and keeps its answer in the same transaction, which an error of either rolls back. With nothing to
 * keep, the change gets the pool, where one statement needs no transaction.
 */
export async function inKeptTransaction<Result>(
  database: Database,
  keep: KeepResult<Result> | null,
  change: (db: Connection) => Promise<Result>,
): Promise<Result> {
  if (!keep) return change(database)
  return database.transaction(async (transaction) => {
    const result = await change(transaction)
    await keep(transaction, result)
    return result
  })
}
