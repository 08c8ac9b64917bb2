import { sql } from 'drizzle-orm'
import type { Connection } from '../connection.ts'
import { roles, userRoles } from '../schema.ts'
import { statement } from '../statement.ts'

const list = statement<object, { name: string }>(
  'list_roles',
  () => sql`select ${roles.name} as "name" from ${roles} order by ${roles.name}`,
)

/** The names of all roles, sorted. */
export async function listRoles(db: Connection): Promise<string[]> {
  const rows = await db.run(list({}))
  return rows.map(({ name }) => name)
}

const grant = statement<{ userId: number; names: readonly string[] }>(
  'grant_roles',
  (p) => sql`
    insert into ${userRoles} (user_id, role_id)
    select ${p.userId}::bigint, ${roles.id} from ${roles} where ${roles.name} = any(${p.names}::text[])
    on conflict do nothing`,
)

/** Names that do not exist are passed over. */
export async function grantRoles(db: Connection, userId: number, names: readonly string[]): Promise<void> {
  await db.run(grant({ userId, names }))
}

const revoke = statement<{ userId: number; names: readonly string[] }>(
  'revoke_roles',
  (p) => sql`
    delete from ${userRoles} using ${roles}
    where ${userRoles.userId} = ${p.userId} and ${roles.id} = ${userRoles.roleId}
      and ${roles.name} = any(${p.names}::text[])`,
)

export async function revokeRoles(db: Connection, userId: number, names: readonly string[]): Promise<void> {
  await db.run(revoke({ userId, names }))
}
