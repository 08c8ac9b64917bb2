import type { EventClient } from '#lib/audit/audit-event.ts'
import { mayMail } from '#lib/auth/request-mail.ts'
import { inKeptTransaction, type KeepResult } from '#lib/idempotency/in-kept-transaction.ts'
import { occasionOf, queueMail } from '#lib/mail/queue-mail.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'

/**
 * Sends a link to a new password, if an account has the address. That is found out by the delivery: this looks at no
 * account, so neither its answer nor its time tells whether there is one.
 *
 * @param keep  called in the transaction of the message, also when none is sent; null for none
 * @throws Problem `rate_limited` by the block of the client
 */
export async function forgotPassword(
  runtime: Runtime,
  email: string,
  client: EventClient & { block: string },
  keep: KeepResult<void> | null,
): Promise<void> {
  const props = { ...occasionOf(runtime, client), requestId: client.requestId }
  const template = 'reset_password' as const
  const isAllowed = await mayMail(runtime, { template, to: email }, client.block)
  const message = { template, to: email, props, byAddress: true }
  await inKeptTransaction(runtime.database, keep, async (db) => {
    if (isAllowed) await queueMail(runtime, db, { nobody: true }, message)
  })
}
