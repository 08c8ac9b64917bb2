import { replaceEmailAddress, restoreEmailAddress } from '#db/queries/address-changes.ts'
import { voidLinks } from '#db/queries/one-time-links.ts'
import { removeUnprovenAccountAt } from '#db/queries/registrations.ts'
import { findUser } from '#db/queries/users.ts'
import { type EventClient, userEvent } from '#lib/audit/audit-event.ts'
import { spendLink } from '#lib/auth/link-proof.ts'
import { takenProblem } from '#lib/auth/taken.ts'
import type { LinkPurpose } from '#lib/links/link-lifetime.ts'
import { type LinkRow, peekLink, requireLink } from '#lib/links/links.ts'
import { occasionOf, queueMail } from '#lib/mail/queue-mail.ts'
import { Problem } from '#lib/problems.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'

/** What the page of a link shows before anything is changed. */
export type LinkedEmailChange =
  | { kind: 'open'; username: string; from: string; to: string }
  | { kind: 'link_invalid' | 'link_expired' | 'link_used' }

type ChangePurpose = Extract<LinkPurpose, 'change_email' | 'undo_email_change'>

/** Looks at the link of a change or of its undoing; spends nothing. */
export async function describeEmailChange(
  { roots, database }: Runtime,
  purpose: ChangePurpose,
  token: string,
): Promise<LinkedEmailChange> {
  const use = await peekLink({ roots }, database, { purpose, token })
  if (use.kind !== 'ok') return { kind: use.kind }
  const user = use.link.userId === null ? null : await findUser(database, use.link.userId)
  if (!user) return { kind: 'link_invalid' }
  return { kind: 'open', username: user.username, from: user.email, to: use.link.email }
}

/**
 * Changes the address to the one that the link was sent to. The old one is told, and can undo it, if it was proven: the
 * mailbox of a mistyped address is a stranger's.
 *
 * @throws Problem `link_invalid`, `link_expired`, `link_used`, or `email_taken`
 */
export async function confirmEmailChange(
  runtime: Runtime,
  token: string,
  client: EventClient,
): Promise<void> {
  await withLink(runtime, 'change_email', token, async (transaction, { userId, email }) => {
    const event = userEvent('email_changed', client, { details: { to: email } })
    const replaced = await replaceEmailAddress(transaction, { userId, email, event })
    if (!replaced) throw new Problem('link_invalid', { because: 'the account is gone' })
    await voidLinks(transaction, { userId, purposes: ['verify_email', 'reset_password', 'change_email'] })
    if (!replaced.wasVerified) return
    const props = { ...occasionOf(runtime, client), newEmail: email }
    const message = { template: 'email_change_notice', to: replaced.previous, props } as const
    await queueMail(runtime, transaction, { userId }, message)
  })
  runtime.log.info({ event: 'email_changed' }, 'address changed')
}

/**
 * Takes a change back: the address, all sessions and the password, which somebody else knew. A link to a new password
 * goes to the address. An account that was registered with the address meanwhile, and never proved it, is removed.
 *
 * @throws Problem `link_invalid`, `link_expired`, `link_used`, or `email_taken` when another account has it by now
 */
export async function undoEmailChange(runtime: Runtime, token: string, client: EventClient): Promise<void> {
  const { roleLimits } = runtime.config.session
  const reason = 'revoked_by_user'
  const removed: number[] = []
  await withLink(runtime, 'undo_email_change', token, async (transaction, { userId, email }) => {
    // Whoever registered with the address meanwhile must not be able to hold it against its owner.
    const holderId = await removeUnprovenAccountAt(transaction, {
      email,
      besidesUserId: userId,
      event: userEvent('registration_disowned', client),
    })
    removed.push(...(holderId === null ? [] : [holderId]))
    const event = userEvent('email_change_undone', client, { details: { to: email } })
    const ended = await restoreEmailAddress(transaction, { userId, email, event, reason, roleLimits })
    if (ended === null) throw new Problem('link_invalid', { because: 'the account is gone' })
    await voidLinks(transaction, { userId, purposes: ['verify_email', 'reset_password', 'change_email'] })
    const props = { ...occasionOf(runtime, client), requestId: client.requestId }
    await queueMail(runtime, transaction, { userId }, { template: 'reset_password', to: email, props })
    runtime.metrics.count('auth_session_ended', reason, ended)
  })
  for (const userId of removed) runtime.sessionCheck.forget({ kind: 'user', userId })
  runtime.log.warn({ event: 'email_change_undone' }, 'change of address undone')
}

async function withLink(
  { roots, database, sessionCheck }: Runtime,
  purpose: ChangePurpose,
  token: string,
  change: (
    transaction: Parameters<typeof spendLink>[0],
    link: Pick<LinkRow, 'email'> & { userId: number },
  ) => Promise<void>,
): Promise<void> {
  const looked = requireLink(await peekLink({ roots }, database, { purpose, token }))
  const { userId } = looked
  if (userId === null) throw new Problem('link_invalid', { because: 'the link of nobody' })
  try {
    await database.transaction(async (transaction) => {
      const { email } = await spendLink(transaction, looked)
      await change(transaction, { userId, email })
    })
  } catch (error) {
    throw takenProblem(error) ?? error
  }
  sessionCheck.forget({ kind: 'user', userId })
}
