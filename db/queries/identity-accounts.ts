import { sql } from 'drizzle-orm'
import type { Connection } from '../connection.ts'
import { identities, passwordCredentials, roles, sessionEpochs, userRoles, users } from '../schema.ts'
import { statement } from '../statement.ts'
import { nameIsReserved } from './account-changes.ts'
import { liveSessions } from './accounts.ts'
import { type NewAuditEvent, recordEvent, writeAuditEvent } from './audit-events.ts'
import { lockOwnerOfIdentities, type NewIdentity } from './identities.ts'
import { intoOutbox, type OutboxRows } from './mail-outbox.ts'
import { type RoleLimit, writeRoleLimits } from './role-limits.ts'
import { createdUserColumns, type UserRow } from './users.ts'

interface NewUserParameters extends NewIdentity {
  email: string
  username: string
  roles: readonly string[]
  event: string | null
  mail: OutboxRows
}

const insert = statement<NewUserParameters, UserRow>(
  'insert_user_with_identity',
  (p) => sql`
    with created as (
      insert into ${users} (email, username, email_verified_at)
      select ${p.email}, ${p.username}, app_now() where not ${nameIsReserved(p.username)}
      returning *
    ), linked as (
      insert into ${identities} (id, user_id, issuer, subject, provider, email, last_used_at)
      select ${p.id}::uuid, id, ${p.issuer}, ${p.subject}, ${p.provider}, ${p.email}, app_now() from created
    ), granted as (
      insert into ${userRoles} (user_id, role_id)
      select created.id, ${roles.id} from created, ${roles} where ${roles.name} = any(${p.roles})
      returning role_id
    ), recorded as (${recordEvent(p.event, sql`created`, { userId: sql`created.id` })}
    ), ${intoOutbox(p.mail, sql`select id, null::uuid from created`)}
    select ${createdUserColumns} from created`,
)

/**
 * Inserts a user whose address a provider has proven, the identity and the roles in one statement.
 *
 * @returns null when a registration in waiting holds the user name
 * @throws the unique violations of `constraints`: of the address, the name, or the identity
 */
export async function insertUserWithIdentity(
  db: Connection,
  identity: NewIdentity & { email: string },
  account: { username: string; roles: readonly string[]; event: NewAuditEvent; mail: OutboxRows },
): Promise<UserRow | null> {
  const [row] = await db.run(insert({ ...identity, ...account, event: writeAuditEvent(account.event) }))
  return row ?? null
}

interface ClaimParameters extends NewIdentity {
  userId: number
  email: string
  reason: string
  roleLimits: string
  event: string | null
  mail: OutboxRows
}

const claim = statement<ClaimParameters, { ended: number }>(
  'claim_unproven_account',
  // Whoever made the account never proved the address: their password and their identities go, and their sessions end.
  (p) => sql`
    with found as (
      select id from ${users}
      where ${users.id} = ${p.userId} and lower(${users.email}) = lower(${p.email})
        and ${users.emailVerifiedAt} is null and ${users.disabledAt} is null
        and (${users.deletedAt} is null or ${users.eraseAt} > app_now())
      for no key update
    ), claimed as (
      update ${users} set session_epoch = session_epoch + 1, email_verified_at = app_now(),
        deleted_at = null, erase_at = null
      from found where ${users.id} = found.id
      returning ${users.id} as id, session_epoch
    ), noted as (
      insert into ${sessionEpochs} (user_id, epoch, reason) select id, session_epoch, ${p.reason} from claimed
    ), dropped as (
      delete from ${passwordCredentials} where ${passwordCredentials.userId} in (select id from claimed)
    ), unlinked as (
      delete from ${identities} where ${identities.userId} in (select id from claimed)
    ), linked as (
      insert into ${identities} (id, user_id, issuer, subject, provider, email, last_used_at)
      select ${p.id}::uuid, id, ${p.issuer}, ${p.subject}, ${p.provider}, ${p.email}, app_now() from claimed
    ), recorded as (${recordEvent(p.event, sql`claimed`, { userId: sql`claimed.id` })}
    ), ${intoOutbox(p.mail, sql`select id, null::uuid from claimed`)}
    select ${liveSessions(p)} as "ended" from claimed`,
)

/**
 * Gives an account that never proved its address to who has, by an identity. Nothing that was set before goes on, nor
 * what is being connected meanwhile. Call it in a transaction.
 *
 * @returns how many sessions ended; null when the address was proven meanwhile, or nobody may sign in to the account
 * @throws the unique violation of `constraints.identities`
 */
export async function claimUnprovenAccount(
  transaction: Connection,
  identity: NewIdentity & { email: string },
  account: {
    userId: number
    reason: string
    roleLimits: readonly RoleLimit[]
    event: NewAuditEvent
    mail: OutboxRows
  },
): Promise<number | null> {
  const { roleLimits, event, ...rest } = account
  const written = { roleLimits: writeRoleLimits(roleLimits), event: writeAuditEvent(event) }
  await lockOwnerOfIdentities(transaction, account.userId)
  const [row] = await transaction.run(claim({ ...identity, ...rest, ...written }))
  return row?.ended ?? null
}
