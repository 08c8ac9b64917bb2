import { sql } from 'drizzle-orm'
import type { Connection } from '../connection.ts'
import { roles, userRoles, users } from '../schema.ts'
import { statement } from '../statement.ts'
import { accountState } from './accounts.ts'

const lock = statement<object>(
  'lock_administrators',
  // Not against grants, which lock the row for less.
  () => sql`select from ${roles} where ${roles.name} = 'ADMIN' for no key update`,
)

/** Until the transaction ends nobody else who asks first takes an administrator away. */
export async function lockAdministrators(transaction: Connection): Promise<void> {
  await transaction.run(lock({}))
}

const hasUsableAdministrator = statement<object, { exists: boolean }>(
  'has_usable_administrator',
  () => sql`
    select exists (
      select from ${userRoles} join ${roles} on ${roles.id} = ${userRoles.roleId} and ${roles.name} = 'ADMIN'
      join ${users} on ${users.id} = ${userRoles.userId} and ${accountState} = 'active') as "exists"`,
)

/** True while somebody with the role ADMIN can sign in. */
export async function findUsableAdministratorExists(db: Connection): Promise<boolean> {
  const [row] = await db.run(hasUsableAdministrator({}))
  return row?.exists ?? false
}
