import { sql } from 'drizzle-orm'
import type { Connection } from '../connection.ts'
import { identities, oneTimeLinks, passwordCredentials, sessionEpochs, users } from '../schema.ts'
import { statement } from '../statement.ts'
import { liveSessions } from './accounts.ts'
import { type NewAuditEvent, recordEvent, writeAuditEvent } from './audit-events.ts'
import { isAskerTrusted } from './one-time-links.ts'
import { type RoleLimit, writeRoleLimits } from './role-limits.ts'

interface ProvenAddress {
  userId: number
  /** The address that the link was sent to. */
  email: string
  event: NewAuditEvent
}

type Written<Parameters extends { event: NewAuditEvent }> = Omit<Parameters, 'event'> & {
  event: string | null
}

type Counted<Parameters extends { event: NewAuditEvent; roleLimits: readonly RoleLimit[] }> = Omit<
  Parameters,
  'event' | 'roleLimits'
> & { event: string | null; roleLimits: string }

function written<Change extends { event: NewAuditEvent; roleLimits: readonly RoleLimit[] }>(change: Change) {
  const { event, roleLimits, ...rest } = change
  return { ...rest, event: writeAuditEvent(event), roleLimits: writeRoleLimits(roleLimits) }
}

export interface VerifiedAddress {
  username: string
  /** False for an account that is disabled or deleted. */
  isActive: boolean
}

const verify = statement<Written<ProvenAddress>, VerifiedAddress>(
  'verify_email_address',
  (p) => sql`
    with verified as (
      update ${users} set email_verified_at = coalesce(email_verified_at, app_now())
      where ${users.id} = ${p.userId} and lower(${users.email}) = lower(${p.email})
      returning id, username, disabled_at is null and deleted_at is null as is_active
    ), recorded as (${recordEvent(p.event, sql`verified`, { userId: sql`verified.id` })}
    )
    select username, is_active as "isActive" from verified`,
)

/** Notes that the mailbox is proven. Null when the account has another address by now. */
export async function verifyEmailAddress(
  db: Connection,
  proof: ProvenAddress,
): Promise<VerifiedAddress | null> {
  const [row] = await db.run(verify({ ...proof, event: writeAuditEvent(proof.event) }))
  return row ?? null
}

export interface ReplacedAddress {
  previous: string
  wasVerified: boolean
}

const replace = statement<Written<ProvenAddress>, ReplacedAddress>(
  'replace_email_address',
  (p) => sql`
    with found as (
      select id, email, email_verified_at from ${users}
      where ${users.id} = ${p.userId} and ${users.deletedAt} is null and ${users.disabledAt} is null for no key update
    ), replaced as (
      update ${users} set email = ${p.email}, email_verified_at = app_now() from found where ${users.id} = found.id
      returning ${users.id} as id, found.email as previous, found.email_verified_at is not null as was_verified
    ), recorded as (${recordEvent(p.event, sql`replaced`, {
      userId: sql`replaced.id`,
      details: sql`jsonb_build_object('from', replaced.previous)`,
    })}
    )
    select previous, was_verified as "wasVerified" from replaced`,
)

/**
 * Gives an account another address, which is proven.
 *
 * @returns what it had; null for an account that is gone
 * @throws the unique violation of `constraints.usersEmail`
 */
export async function replaceEmailAddress(
  db: Connection,
  change: ProvenAddress,
): Promise<ReplacedAddress | null> {
  const [row] = await db.run(replace({ ...change, event: writeAuditEvent(change.event) }))
  return row ?? null
}

/** Why sessions end, and by which limits they are counted. */
interface Ending {
  reason: string
  roleLimits: readonly RoleLimit[]
}

const restore = statement<Counted<ProvenAddress & Ending>, { ended: number }>(
  'restore_email_address',
  // The password goes too: whoever changed the address knew it. So do connected accounts: they could be theirs.
  (p) => sql`
    with restored as (
      update ${users} set email = ${p.email}, email_verified_at = app_now(), session_epoch = session_epoch + 1
      where ${users.id} = ${p.userId} and (${users.deletedAt} is null or ${users.eraseAt} > app_now())
      returning id, session_epoch
    ), noted as (
      insert into ${sessionEpochs} (user_id, epoch, reason) select id, session_epoch, ${p.reason} from restored
    ), dropped as (
      delete from ${passwordCredentials} where ${passwordCredentials.userId} in (select id from restored)
    ), unlinked as (
      delete from ${identities} where ${identities.userId} in (select id from restored)
    ), recorded as (${recordEvent(p.event, sql`restored`, { userId: sql`restored.id` })}
    )
    select ${liveSessions(p)} as "ended" from restored`,
)

/**
 * Gives an account its former address back, ends its sessions and drops its password.
 *
 * @returns how many sessions ended; null when the account is gone
 * @throws the unique violation of `constraints.usersEmail`, when somebody else has the address by now
 */
export async function restoreEmailAddress(
  db: Connection,
  change: ProvenAddress & Ending,
): Promise<number | null> {
  const [row] = await db.run(restore(written(change)))
  return row?.ended ?? null
}

const resetPassword = statement<Counted<ProvenAddress & Ending & { newHash: string }>, { ended: number }>(
  'reset_password',
  (p) => sql`
    with found as (
      select id, email_verified_at from ${users}
      where ${users.id} = ${p.userId} and lower(${users.email}) = lower(${p.email}) and ${users.disabledAt} is null
        and (${users.deletedAt} is null or ${users.eraseAt} > app_now())
      for no key update
    ), advanced as (
      update ${users} set session_epoch = session_epoch + 1,
        email_verified_at = coalesce(${users.emailVerifiedAt}, app_now())
      from found where ${users.id} = found.id
      returning ${users.id} as id, session_epoch
    ), noted as (
      insert into ${sessionEpochs} (user_id, epoch, reason) select id, session_epoch, ${p.reason} from advanced
    ), credential as (
      insert into ${passwordCredentials} (user_id, password_hash) select id, ${p.newHash} from advanced
      on conflict (user_id) do update set password_hash = excluded.password_hash, changed_at = app_now()
    ), unlinked as (
      -- Until the address was proven anybody could have had the account: what they connected to it goes. The address
      -- that its provider names says nothing, since a provider need not have verified it.
      delete from ${identities} using found
      where ${identities.userId} = found.id
        and (found.email_verified_at is null or ${identities.linkedAt} < found.email_verified_at)
    ), recorded as (${recordEvent(p.event, sql`advanced`, { userId: sql`advanced.id` })}
    )
    select ${liveSessions(p)} as "ended" from advanced`,
)

/**
 * Sets a new password, ends every session and notes that the mailbox is proven, in one statement. Identities that were
 * connected before the address was proven are removed.
 *
 * @returns how many sessions ended; null when the account has another address by now, or nobody may sign in to it
 */
export async function resetPasswordOf(
  db: Connection,
  change: ProvenAddress & Ending & { newHash: string },
): Promise<number | null> {
  const [row] = await db.run(resetPassword(written(change)))
  return row?.ended ?? null
}

const findWaiting = statement<{ userId: number; lifetimeSeconds: number }, { email: string }>(
  'find_email_change_in_waiting',
  (p) => sql`
    select ${oneTimeLinks.email} as "email" from ${oneTimeLinks}
    where ${oneTimeLinks.userId} = ${p.userId} and ${oneTimeLinks.purpose} = 'change_email'
      and ${oneTimeLinks.usedAt} is null and ${oneTimeLinks.voidedAt} is null
      and ${isAskerTrusted(sql`${oneTimeLinks}`)}
      and coalesce(${oneTimeLinks.handedOverAt}, ${oneTimeLinks.createdAt})
        > app_now() - make_interval(secs => ${p.lifetimeSeconds}::integer)
    order by ${oneTimeLinks.id} desc limit 1`,
)

/** The address that an account waits to change to, or null. */
export async function findEmailChangeInWaiting(
  db: Connection,
  of: { userId: number; lifetimeSeconds: number },
): Promise<string | null> {
  const [row] = await db.run(findWaiting(of))
  return row?.email ?? null
}
