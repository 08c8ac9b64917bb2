import { findEmailChangeInWaiting } from '#db/queries/address-changes.ts'
import { insertAuditEvent } from '#db/queries/audit-events.ts'
import { voidLinks } from '#db/queries/one-time-links.ts'
import { holdSessionEpoch } from '#db/queries/session-endings.ts'
import { requireFreshSignIn } from '#lib/accounts/fresh-sign-in.ts'
import { type EventClient, userEvent } from '#lib/audit/audit-event.ts'
import { mayMail } from '#lib/auth/request-mail.ts'
import type { KeepResult } from '#lib/idempotency/in-kept-transaction.ts'
import { linkKinds } from '#lib/links/link-lifetime.ts'
import { requireMailDomain } from '#lib/mail/mail-domains.ts'
import { occasionOf, queueMail } from '#lib/mail/queue-mail.ts'
import { Problem } from '#lib/problems.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import type { Principal } from '#lib/session/authenticate.ts'
import { overtaken } from '#lib/session/overtaken.ts'

export interface RequestedEmailChange {
  newEmail: string
  /** Undefined: the session has to be fresh. */
  password: string | undefined
  client: EventClient & { block: string }
}

/**
 * Asks for another address: its mailbox has to confirm. Whether another account has it is found out by the delivery,
 * which then tells that account instead.
 *
 * @param keep  called in the transaction of the message, also when none is sent; null for none
 * @throws Problem `reauthentication_required`, `wrong_password`, `rate_limited`, `overloaded`, `invalid_request` for the
 *         address it has, or `session_ended` when it was ended meanwhile
 */
export async function requestEmailChange(
  runtime: Runtime,
  principal: Principal,
  { newEmail, password, client }: RequestedEmailChange,
  keep: KeepResult<void> | null,
): Promise<void> {
  const { user, session } = principal
  if (newEmail.toLowerCase() === user.email.toLowerCase()) throw isYoursAlready
  await requireFreshSignIn(runtime, principal, password)
  const template = 'email_change_confirm' as const
  const isAllowed = await mayMail(runtime, { template, to: newEmail }, client.block)
  if (isAllowed) await requireMailDomain(runtime, newEmail, 'new_email')
  const isDone = await runtime.database.transaction(async (transaction) => {
    // Whatever ended everything meanwhile voided what waited: nothing new may wait after it.
    if (!(await holdSessionEpoch(transaction, { userId: user.id, epoch: session.epoch }))) return false
    await keep?.(transaction, undefined)
    if (!isAllowed) return true
    await voidLinks(transaction, { userId: user.id, purposes: ['change_email'] })
    const props = occasionOf(runtime, client)
    const message = { template, to: newEmail, props, askingSessionId: session.id }
    await queueMail(runtime, transaction, { userId: user.id }, message)
    const about = { userId: user.id, sessionId: session.id, details: { to: newEmail } }
    await insertAuditEvent(transaction, userEvent('email_change_requested', client, about))
    return true
  })
  if (!isDone) throw await overtaken(runtime, session.id)
}

const isYoursAlready = new Problem('invalid_request', {
  detail: 'This is your address already.',
  errors: [{ field: 'new_email', code: 'invalid_value', detail: 'This is your address already.' }],
})

/** The address that waits for its mailbox to confirm; null while no change waits. */
export function findEmailChange({ database }: Runtime, { user }: Principal): Promise<string | null> {
  const { lifetimeSeconds } = linkKinds.change_email
  return findEmailChangeInWaiting(database, { userId: user.id, lifetimeSeconds })
}

/** Voids the link of a change that waits. */
export async function cancelEmailChange(
  runtime: Runtime,
  { user, session }: Principal,
  client: EventClient,
): Promise<void> {
  await runtime.database.transaction(async (transaction) => {
    await voidLinks(transaction, { userId: user.id, purposes: ['change_email'] })
    const about = { userId: user.id, sessionId: session.id }
    await insertAuditEvent(transaction, userEvent('email_change_cancelled', client, about))
  })
}
