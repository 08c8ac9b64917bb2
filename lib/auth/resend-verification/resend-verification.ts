import type { EventClient } from '#lib/audit/audit-event.ts'
import { mayMail } from '#lib/auth/request-mail.ts'
import { occasionOf, queueMail } from '#lib/mail/queue-mail.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'

/**
 * Sends the verification of an address again. Whose it is, and whether there is anything to verify, is found out by the
 * delivery: this looks at no account.
 *
 * @throws Problem `rate_limited` by the block of the client
 */
export async function resendVerification(
  runtime: Runtime,
  email: string,
  client: EventClient & { block: string },
): Promise<void> {
  if (!(await mayMail(runtime, email, client.block))) return
  const props = { ...occasionOf(runtime, client), requestId: client.requestId }
  const template = 'verify_email' as const
  const message = { template, to: email, props, byAddress: true }
  await queueMail(runtime, runtime.database, { nobody: true }, message)
}
