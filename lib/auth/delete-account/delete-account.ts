import { deleteAccount, deletionGraceSeconds } from '#lib/accounts/delete-account.ts'
import { requireFreshSignIn } from '#lib/accounts/fresh-sign-in.ts'
import { type EventClient, userEvent } from '#lib/audit/audit-event.ts'
import { occasionOf, queueMail } from '#lib/mail/queue-mail.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import type { Principal } from '#lib/session/authenticate.ts'
import { overtaken } from '#lib/session/overtaken.ts'

/**
 * Deletes the account of the caller, who has 14 days to come back.
 *
 * @throws Problem `wrong_password`, `rate_limited`, `overloaded`; without a password `reauthentication_required` unless
 *         the session is fresh; `session_ended` when it was deleted, or everything was ended, meanwhile; `last_administrator`
 */
export async function deleteMyAccount(
  runtime: Runtime,
  principal: Principal,
  { password, client }: { password: string | undefined; client: EventClient },
): Promise<void> {
  await requireFreshSignIn(runtime, principal, password)
  const { user, session } = principal
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
  if (ended === null) throw await overtaken(runtime, session.id)
}
