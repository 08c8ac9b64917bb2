import { findEmailChangeInWaiting } from '#db/queries/address-changes.ts'
import { insertAuditEvent } from '#db/queries/audit-events.ts'
import { voidLinks } from '#db/queries/one-time-links.ts'
import { requireCurrentPassword } from '#lib/accounts/current-password.ts'
import { type EventClient, userEvent } from '#lib/audit/audit-event.ts'
import { mayMail } from '#lib/auth/request-mail.ts'
import type { KeepResult } from '#lib/idempotency/in-kept-transaction.ts'
import { linkKinds } from '#lib/links/link-lifetime.ts'
import { requireMailDomain } from '#lib/mail/mail-domains.ts'
import { occasionOf, queueMail } from '#lib/mail/queue-mail.ts'
import { Problem } from '#lib/problems.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import type { Principal } from '#lib/session/authenticate.ts'

export interface RequestedEmailChange {
  newEmail: string
  password: string
  client: EventClient & { block: string }
}

/**
 * Asks for another address: its mailbox has to confirm. Whether another account has it is found out by the delivery,
 * which then tells that account instead.
 *
 * @param keep  called in the transaction of the message, also when none is sent; null for none
 * @throws Problem `wrong_password`, `rate_limited`, `overloaded`, or `invalid_request` for the address it has
 */
export async function requestEmailChange(
  runtime: Runtime,
  { user, session }: Principal,
  { newEmail, password, client }: RequestedEmailChange,
  keep: KeepResult<void> | null,
): Promise<void> {
  runtime.passwords.requireRoom()
  if (newEmail.toLowerCase() === user.email.toLowerCase()) throw isYoursAlready
  const presented = { userId: user.id, sessionId: session.id, presented: password, field: 'password' }
  await requireCurrentPassword(runtime, presented)
  const isAllowed = await mayMail(runtime, newEmail, client.block)
  if (isAllowed) await requireMailDomain(runtime, newEmail, 'new_email')
  await runtime.database.transaction(async (transaction) => {
    await keep?.(transaction, undefined)
    if (!isAllowed) return
    await voidLinks(transaction, { userId: user.id, purposes: ['change_email'] })
    const props = occasionOf(runtime, client)
    const message = { template: 'email_change_confirm', to: newEmail, props } as const
    await queueMail(runtime, transaction, { userId: user.id }, message)
    const about = { userId: user.id, sessionId: session.id, details: { to: newEmail } }
    await insertAuditEvent(transaction, userEvent('email_change_requested', client, about))
  })
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
