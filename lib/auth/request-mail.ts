import type { EventClient } from '#lib/audit/audit-event.ts'
import { sha256Key } from '#lib/crypto/digest.ts'
import { inKeptTransaction, type KeepResult } from '#lib/idempotency/in-kept-transaction.ts'
import type { MailTemplate } from '#lib/mail/mail-templates.ts'
import { occasionOf, queueMail } from '#lib/mail/queue-mail.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'

interface RequestedMail {
  template: MailTemplate
  to: string
}

/**
 * Sends a message to whoever has an address. Whose it is, and whether there is anything to send, is found out by the
 * delivery: this looks at no account, so neither its answer nor its time tells whether there is one.
 *
 * @param keep  called in the transaction of the message, also when none is sent; null for none
 * @throws Problem `rate_limited` by the block of the client
 */
export async function requestMail(
  runtime: Runtime,
  { template, to }: { template: 'reset_password' | 'verify_email'; to: string },
  client: EventClient & { block: string },
  keep: KeepResult<void> | null,
): Promise<void> {
  const props = { ...occasionOf(runtime, client), requestId: client.requestId }
  const isAllowed = await mayMail(runtime, { template, to }, client.block)
  await inKeptTransaction(runtime.database, keep, async (db) => {
    if (isAllowed) await queueMail(runtime, db, { nobody: true }, { template, to, props, byAddress: true })
  })
}

/**
 * Counts a message that somebody asks for by an address.
 *
 * @returns false when the address has had enough: then nothing is sent, and nobody is told
 * @throws Problem `rate_limited` when the block has asked for too many
 */
export async function mayMail({ limits }: Runtime, mail: RequestedMail, block: string): Promise<boolean> {
  await limits.windows.use('mail', block)
  return mayMailTo({ limits }, mail)
}

/**
 * The same where the block is limited otherwise. Each kind is counted by itself: whoever asks for many of one could else
 * keep a forgetful owner from a new password.
 */
export function mayMailTo(
  { limits }: Pick<Runtime, 'limits'>,
  { template, to }: RequestedMail,
): Promise<boolean> {
  return limits.windows.tryUse('mail_address', sha256Key(`${template} ${to.toLowerCase()}`))
}
