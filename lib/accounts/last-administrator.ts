import type { Connection } from '#db/connection.ts'
import { findUsableAdministratorExists, lockAdministrators } from '#db/queries/administrators.ts'
import { Problem } from '#lib/problems.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'

/**
 * Runs a change that may take an administrator away, by whatever way, in a transaction. Such changes come one after the
 * other: of two administrators who leave at once one is refused.
 *
 * @param change  takes nothing but the rows of the account after it began, so that nobody waits crosswise
 * @throws Problem `last_administrator`, and nothing is changed, when nobody with the role ADMIN could sign in any more.
 *         Where nobody could before, nothing is refused
 */
export function keepingAnAdministrator<Result>(
  { database }: Pick<Runtime, 'database'>,
  change: (transaction: Connection) => Promise<Result>,
): Promise<Result> {
  return database.transaction(async (transaction) => {
    await lockAdministrators(transaction)
    const hadOne = await findUsableAdministratorExists(transaction)
    const result = await change(transaction)
    if (hadOne && !(await findUsableAdministratorExists(transaction))) throw new Problem('last_administrator')
    return result
  })
}
