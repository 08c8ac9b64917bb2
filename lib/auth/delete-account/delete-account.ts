import { requireCurrentPassword } from '#lib/accounts/current-password.ts'
import { deleteAccount, deletionGraceSeconds } from '#lib/accounts/delete-account.ts'
import { type EventClient, userEvent } from '#lib/audit/audit-event.ts'
import { occasionOf, queueMail } from '#lib/mail/queue-mail.ts'
import { Problem } from '#lib/problems.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import type { Principal } from '#lib/session/authenticate.ts'
import { endedReasonOf } from '#lib/session/ended-reason-of.ts'

/** A session that is younger counts as a sign-in of just now. */
const freshSeconds = 600

/**
 * Deletes the account of the caller, who has 14 days to come back.
 *
 * @throws Problem `wrong_password`, `rate_limited`, `overloaded`; without a password `reauthentication_required` unless
 *         the session is fresh; `session_ended` when it was deleted, or everything was ended, meanwhile
 */
export async function deleteMyAccount(
  runtime: Runtime,
  { user, session }: Principal,
  { password, client }: { password: string | undefined; client: EventClient },
): Promise<void> {
  if (password === undefined) requireFresh(runtime, session.authenticatedAt)
  else {
    runtime.passwords.requireRoom()
    const presented = { userId: user.id, sessionId: session.id, presented: password, field: 'password' }
    await requireCurrentPassword(runtime, presented)
  }
  const undoUntil = new Date(runtime.clock.now().getTime() + deletionGraceSeconds * 1000).toISOString()
  const ended = await deleteAccount(runtime, user, {
    graceSeconds: deletionGraceSeconds,
    fromEpoch: session.epoch,
    event: userEvent('account_deleted', client, { sessionId: session.id }),
    alsoIn: (transaction) => {
      const props = { ...occasionOf(runtime, client), undoUntil }
      return queueMail(
        runtime,
        transaction,
        { userId: user.id },
        {
          template: 'account_deleted',
          to: user.email,
          props,
        },
      )
    },
  })
  if (ended === null)
    throw new Problem('session_ended', { endedReason: await endedReasonOf(runtime, session.id) })
}

function requireFresh({ clock }: Runtime, authenticatedAt: Date): void {
  const ageMs = clock.now().getTime() - authenticatedAt.getTime()
  if (ageMs <= freshSeconds * 1000) return
  throw new Problem('reauthentication_required', {
    errors: [{ field: 'password', code: 'required', detail: 'Enter your password.' }],
  })
}
