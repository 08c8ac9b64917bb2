import { sha256Key } from '#lib/crypto/digest.ts'
import type { MailTemplate } from '#lib/mail/mail-templates.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'

interface RequestedMail {
  template: MailTemplate
  to: string
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
