import type { Connection } from '#db/connection.ts'
import { voidLinks } from '#db/queries/one-time-links.ts'
import { advanceSessionEpoch, type EpochChange } from '#db/queries/session-endings.ts'
import { replacePasswordHash } from '#db/queries/users.ts'
import { requireCurrentPassword } from '#lib/accounts/current-password.ts'
import { userEvent } from '#lib/audit/audit-event.ts'
import { occasionOf, queueMail } from '#lib/mail/queue-mail.ts'
import { requireAcceptablePassword } from '#lib/password/acceptable-password.ts'
import { Problem } from '#lib/problems.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import type { Principal } from '#lib/session/authenticate.ts'
import type { IssuedSession } from '#lib/session/issued-session.ts'
import { overtaken } from '#lib/session/overtaken.ts'
import { type SessionClient, startSession } from '#lib/session/start-session.ts'

export interface PasswordChange {
  currentPassword: string
  newPassword: string
  client: SessionClient
}

/**
 * Changes the password of the caller and ends all other sessions.
 *
 * @returns the new cookie of a cookie session, which gets a new id; null for a bearer session, which stays as it is
 * @throws Problem `wrong_password`, `same_password`, `weak_password`, `breached_password`, `rate_limited`,
 *         `overloaded`, or `session_ended` when somebody ended everything meanwhile
 */
export async function changePassword(
  runtime: Runtime,
  { user, session }: Principal,
  change: PasswordChange,
): Promise<IssuedSession | null> {
  runtime.passwords.requireRoom()
  const verifiedHash = await requireCurrentPassword(runtime, {
    userId: user.id,
    sessionId: session.id,
    presented: change.currentPassword,
    field: 'current_password',
  })
  if (change.newPassword.normalize('NFC') === change.currentPassword.normalize('NFC')) {
    throw new Problem('same_password')
  }
  await requireAcceptablePassword(runtime, change.newPassword, user, 'new_password')
  const newHash = await runtime.passwords.hash(change.newPassword)
  const keepsId = session.kind === 'bearer'
  const outcome = await runtime.database.transaction(async (transaction) => {
    const advanced = await replaceAndEndOthers(transaction, {
      userId: user.id,
      fromEpoch: session.epoch,
      reason: 'password_changed',
      verifiedHash,
      newHash,
      keptSessionId: keepsId ? session.id : null,
      roleLimits: runtime.config.session.roleLimits,
      event: userEvent('password_changed', change.client, { sessionId: session.id }),
    })
    if (!advanced) return 'overtaken'
    await voidLinks(transaction, { userId: user.id, purposes: ['reset_password', 'change_email'] })
    await queueMail(
      runtime,
      transaction,
      { userId: user.id },
      {
        template: 'password_changed',
        to: user.email,
        props: { ...occasionOf(runtime, change.client), by: 'owner' },
      },
    )
    const { epoch, ended } = advanced
    const restarted = keepsId
      ? null
      : await restartSession(runtime, transaction, { user, session, epoch, client: change.client })
    return { ended, restarted }
  })
  if (outcome === 'overtaken') throw await overtaken(runtime, session.id)
  runtime.sessionCheck.forget({ kind: 'user', userId: user.id })
  runtime.metrics.count('auth_session_ended', 'password_changed', outcome.ended)
  runtime.log.info(
    { event: 'password_changed', user_id: user.id, session_id: session.id },
    'password changed',
  )
  return outcome.restarted
}

/** Both changes or none. Null when another change came first. */
async function replaceAndEndOthers(
  transaction: Connection,
  change: EpochChange & { verifiedHash: string; newHash: string },
): Promise<{ epoch: number; ended: number } | null> {
  const advanced = await advanceSessionEpoch(transaction, change)
  if (!advanced) return null
  const isReplaced = await replacePasswordHash(transaction, change)
  // Thrown inside the transaction on purpose: the epoch must not move for a change that does not happen.
  if (!isReplaced) throw new Problem('wrong_password', { because: 'the hash was replaced meanwhile' })
  return advanced
}

function restartSession(
  runtime: Runtime,
  transaction: Connection,
  next: Pick<Principal, 'user' | 'session'> & { epoch: number; client: SessionClient },
): Promise<IssuedSession | null> {
  return startSession(runtime, transaction, {
    kind: next.session.kind,
    user: { ...next.user, sessionEpoch: next.epoch },
    amr: next.session.amr,
    remember: next.session.remembered,
    client: next.client,
    isContinued: true,
    isKnownDevice: true,
  })
}
