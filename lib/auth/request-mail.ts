import { sha256Key } from '#lib/crypto/digest.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'

/**
 * Counts a message that somebody asks for by an address.
 *
 * @returns false when the address has had enough: then nothing is sent, and nobody is told
 * @throws Problem `rate_limited` when the block has asked for too many
 */
export async function mayMail({ limits }: Runtime, email: string, block: string): Promise<boolean> {
  await limits.windows.use('mail', block)
  return mayMailTo({ limits }, email)
}

/** The same where the block is limited otherwise. */
export function mayMailTo({ limits }: Pick<Runtime, 'limits'>, email: string): Promise<boolean> {
  return limits.windows.tryUse('mail_address', sha256Key(email.toLowerCase()))
}
