import type { Connection } from '#db/connection.ts'
import { insertMail, type OutboxRow, type OutboxRows } from '#db/queries/mail-outbox.ts'
import { newUuidV7 } from '#lib/runtime/random.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import { deviceLabel } from '#lib/session/device-label.ts'
import { type MailTemplate, type MailTemplates, type Occasion, templateLinks } from './mail-templates.ts'

export interface OutgoingMail<Name extends MailTemplate = MailTemplate> {
  template: Name
  /** One address in the form that normaliseMailAddress() gives it. */
  to: string
  props: MailTemplates[Name]
  /** It is for whoever has the address: the delivery finds out who that is, and sends nothing if nobody has. */
  byAddress?: boolean
  /** That asks for it, where its link is over when somebody ends that session. */
  askingSessionId?: string
}

type Composer = Pick<Runtime, 'config' | 'clock' | 'random'>

/**
 * Messages as a statement takes them that writes them with the change that causes them (`intoOutbox` in
 * db/queries/mail-outbox.ts). With MAIL=off there are none.
 */
export function composeMail(runtime: Composer, ...messages: OutgoingMail[]): OutboxRows {
  const rows = runtime.config.mail.kind === 'off' ? [] : messages.map((message) => rowOf(runtime, message))
  return JSON.stringify(rows)
}

function rowOf(
  { clock, random }: Composer,
  { template, to, props, byAddress = false, askingSessionId }: OutgoingMail,
): OutboxRow {
  return {
    id: newUuidV7(random, clock.now()),
    template,
    recipient: to,
    parameters: { ...props },
    link_purpose: templateLinks[template],
    link_session_id: askingSessionId ?? null,
    by_address: byAddress,
  }
}

export type MailOwner = { userId: number } | { pendingRegistrationId: string } | { nobody: true }

/**
 * Puts one message into the outbox: one statement, none with MAIL=off. Call it with the transaction of the change that
 * causes it; the message is delivered exactly if that commits.
 *
 * @param owner  whose rows it goes with; its link, if it carries one, is about the same
 */
export async function queueMail<Name extends MailTemplate>(
  runtime: Composer,
  db: Connection,
  owner: MailOwner,
  message: OutgoingMail<Name>,
): Promise<void> {
  const rows = composeMail(runtime, message as unknown as OutgoingMail)
  if (rows === '[]') return
  await insertMail(db, rows, {
    userId: 'userId' in owner ? owner.userId : null,
    pendingRegistrationId: 'pendingRegistrationId' in owner ? owner.pendingRegistrationId : null,
  })
}

/** The occasion of a message, from the client whose request causes it. */
export function occasionOf(
  { clock }: Pick<Runtime, 'clock'>,
  client: { address: string | null; userAgent: string | null },
): Occasion {
  return {
    at: clock.now().toISOString(),
    device: deviceLabel(client.userAgent),
    address: client.address || null,
  }
}
