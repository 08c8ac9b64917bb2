import { sql } from 'drizzle-orm'
import type { Connection } from '../connection.ts'
import { roles, settings, userRoles, users } from '../schema.ts'
import { statement } from '../statement.ts'

/** True once any account that is not deleted has the role ADMIN. */
const administratorExists = sql`exists (
  select from ${userRoles} join ${roles} on ${roles.id} = ${userRoles.roleId} and ${roles.name} = 'ADMIN'
  join ${users} on ${users.id} = ${userRoles.userId} and ${users.deletedAt} is null)`

const setupNonceName = 'setup_nonce'

const offerNonce = statement<{ name: string; value: string }, { value: string }>(
  'offer_setup_nonce',
  (p) => sql`
    insert into ${settings} (name, value) select ${p.name}, to_jsonb(${p.value}::text)
    where not ${administratorExists}
    on conflict (name) do update set name = excluded.name
    returning value #>> '{}' as value`,
)

/** The nonce that the set-up key is derived from; null once an administrator exists. Keeps the one that is there. */
export async function offerSetupNonce(db: Connection, freshNonce: string): Promise<string | null> {
  const [row] = await db.run(offerNonce({ name: setupNonceName, value: freshNonce }))
  return row?.value ?? null
}

const findNonce = statement<{ name: string }, { value: string }>(
  'find_setup_nonce',
  ({ name }) => sql`
    select value #>> '{}' as value from ${settings} where ${settings.name} = ${name} and not ${administratorExists}`,
)

/** The nonce of a set-up that is still open, or null. */
export async function findSetupNonce(db: Connection): Promise<string | null> {
  const [row] = await db.run(findNonce({ name: setupNonceName }))
  return row?.value ?? null
}

const consumeNonce = statement<{ name: string; nonce: string }, { consumed: true }>(
  'consume_setup_nonce',
  (p) => sql`
    delete from ${settings}
    where ${settings.name} = ${p.name} and value #>> '{}' = ${p.nonce} and not ${administratorExists}
    returning true as consumed`,
)

/** Spends the nonce; false when it was spent before or an administrator exists. Call it where the user is inserted. */
export async function consumeSetupNonce(transaction: Connection, nonce: string): Promise<boolean> {
  const rows = await transaction.run(consumeNonce({ name: setupNonceName, nonce }))
  return rows.length === 1
}

const findRole = statement<{ name: string }, { name: string }>(
  'find_role',
  ({ name }) => sql`select ${roles.name} as name from ${roles} where ${roles.name} = ${name}`,
)

export async function findRoleExists(db: Connection, name: string): Promise<boolean> {
  const rows = await db.run(findRole({ name }))
  return rows.length === 1
}

const ping = statement<object, { now: Date }>('ping', () => sql`select app_now() as now`)

/** Proves that the database answers; its time. */
export async function pingDatabase(db: Connection): Promise<Date> {
  const [row] = await db.run(ping({}))
  return row?.now ?? new Date(Number.NaN)
}

const serverVersion = statement<object, { version: string }>(
  'server_version',
  () => sql`select split_part(current_setting('server_version'), ' ', 1) as version`,
)

/** PostgreSQL's own version, such as `18.4`. */
export async function findServerVersion(db: Connection): Promise<string> {
  const [row] = await db.run(serverVersion({}))
  return row?.version ?? ''
}

const forgetNonce = statement<{ name: string }>(
  'forget_setup_nonce',
  ({ name }) => sql`delete from ${settings} where ${settings.name} = ${name}`,
)

/** The set-up key that was printed stops working; the next start prints another one while no administrator exists. */
export async function forgetSetupNonce(db: Connection): Promise<void> {
  await db.run(forgetNonce({ name: setupNonceName }))
}
