import { insertAuditEvent } from '#db/queries/audit-events.ts'
import { grantRoles, listRoles, revokeRoles } from '#db/queries/roles.ts'
import type { UserRow } from '#db/queries/users.ts'
import { operatorEvent } from '#lib/audit/audit-event.ts'
import { Problem } from '#lib/problems.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import { keepingAnAdministrator } from './last-administrator.ts'

/** Upper-case names. */
export interface RoleChange {
  add: readonly string[]
  remove: readonly string[]
}

/**
 * Gives and takes roles, all or none. Sessions go on with the new roles: they are read at every request.
 *
 * @throws Problem `not_found` for a role that there is not, `last_administrator`
 */
export async function changeRoles(runtime: Runtime, { id }: UserRow, change: RoleChange): Promise<void> {
  await requireRoles(runtime, [...change.add, ...change.remove])
  await keepingAnAdministrator(runtime, async (transaction) => {
    await grantRoles(transaction, id, change.add)
    await revokeRoles(transaction, id, change.remove)
    const details = { added: change.add.join(' '), removed: change.remove.join(' ') }
    await insertAuditEvent(transaction, operatorEvent('roles_changed', { userId: id, details }))
  })
  runtime.sessionCheck.forget({ kind: 'user', userId: id })
  runtime.log.info({ event: 'roles_changed', user_id: id, ...change }, 'roles changed')
}

async function requireRoles({ database }: Runtime, names: readonly string[]): Promise<void> {
  const known = await listRoles(database)
  const unknown = names.find((name) => !known.includes(name))
  if (unknown === undefined) return
  throw new Problem('not_found', { detail: `There is no role "${unknown}". There are: ${known.join(', ')}.` })
}
