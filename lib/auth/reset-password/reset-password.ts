import { resetPasswordOf } from '#db/queries/address-changes.ts'
import { voidLinks } from '#db/queries/one-time-links.ts'
import { findUser } from '#db/queries/users.ts'
import { type EventClient, userEvent } from '#lib/audit/audit-event.ts'
import type { PresentedProof } from '#lib/auth/link-proof.contract.ts'
import { requireLinkProof, spendLink } from '#lib/auth/link-proof.ts'
import { signInKeyOf } from '#lib/limits/budget-policies.ts'
import type { LinkRow } from '#lib/links/links.ts'
import { occasionOf, queueMail } from '#lib/mail/queue-mail.ts'
import { requireAcceptablePassword } from '#lib/password/acceptable-password.ts'
import { Problem } from '#lib/problems.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'

export interface PasswordReset {
  proof: PresentedProof
  newPassword: string
  client: EventClient & { block: string }
}

/**
 * Sets a new password with a link or a code. Ends every session, and forgets the wrong tries that were counted against
 * the account. It proves the mailbox too: of an account that never did, nothing that was set before goes on.
 *
 * @throws Problem `link_invalid`, `link_expired`, `link_used`, `weak_password`, `breached_password`, `overloaded` or
 *         `rate_limited`; a password that is refused does not use the link
 */
export async function resetPassword(runtime: Runtime, reset: PasswordReset): Promise<void> {
  const { proof, newPassword, client } = reset
  runtime.passwords.requireRoom()
  const looked = await requireLinkProof(runtime, 'reset_password', proof, client.block)
  const user = looked.userId === null ? null : await findUser(runtime.database, looked.userId)
  if (!user) throw new Problem('link_invalid', { because: 'the link of nobody' })
  await requireAcceptablePassword(runtime, newPassword, user, 'new_password')
  const newHash = await runtime.passwords.hash(newPassword)
  const ended = await replacePassword(runtime, looked, { userId: user.id, newHash, client })
  runtime.sessionCheck.forget({ kind: 'user', userId: user.id })
  await runtime.limits.attempts.clear(signInKeyOf(user.id))
  runtime.metrics.count('auth_session_ended', 'password_reset', ended)
  runtime.log.info({ event: 'password_reset', user_id: user.id }, 'password set by a link')
}

async function replacePassword(
  runtime: Runtime,
  looked: LinkRow,
  { userId, newHash, client }: { userId: number; newHash: string; client: EventClient },
): Promise<number> {
  const { roleLimits } = runtime.config.session
  return runtime.database.transaction(async (transaction) => {
    const { email } = await spendLink(transaction, looked)
    const event = userEvent('password_reset', client)
    const reason = 'password_reset'
    const change = { userId, email, newHash, event, reason, roleLimits }
    const ended = await resetPasswordOf(transaction, change)
    if (ended === null)
      throw new Problem('link_invalid', { because: 'the account has another address, or is closed' })
    await voidLinks(transaction, { userId, purposes: ['verify_email', 'change_email'] })
    const props = { ...occasionOf(runtime, client), by: 'reset' as const }
    await queueMail(runtime, transaction, { userId }, { template: 'password_changed', to: email, props })
    return ended
  })
}
