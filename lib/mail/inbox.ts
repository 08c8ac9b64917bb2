import { findInboxMessage, type InboxRow, listInbox } from '#db/queries/inbox.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import { isMailTemplate, templateLinks } from './mail-templates.ts'
import type { RenderedMail } from './rendered-mail.ts'
import { composeSource } from './smtp-mailer.ts'
import { writeMail } from './write-mail.ts'

/** A captured message, written as its reader would have got it. */
export interface InboxMail extends RenderedMail {
  id: string
  template: string
  to: string
  state: string
  createdAt: Date
}

const listedMax = 50

/** The newest messages of the inbox, the newest first: of one address, or of all (null). */
export async function readInbox(runtime: Runtime, recipient: string | null): Promise<InboxMail[]> {
  // Nobody's address has it, and no text of PostgreSQL can hold it.
  if (recipient?.includes('\0')) return []
  const rows = await listInbox(runtime.database, { recipient, countMax: listedMax })
  return Promise.all(rows.map((row) => write(runtime, row)))
}

/** One message; null when there is none of this id. */
export async function readInboxMail(runtime: Runtime, id: string): Promise<InboxMail | null> {
  const row = await findInboxMessage(runtime.database, id)
  return row && write(runtime, row)
}

/** The whole message as it would have gone over the wire. */
export async function readInboxSource({ config }: Runtime, mail: InboxMail): Promise<string> {
  if (config.mail.kind === 'off') return ''
  return composeSource({ ...mail, date: mail.createdAt }, config.mail.from)
}

async function write(runtime: Runtime, row: InboxRow): Promise<InboxMail> {
  const { id, template, parameters, recipient: to, state, createdAt } = row
  const facts = { id, template, to, state, createdAt }
  if (!isMailTemplate(template)) return { ...facts, ...unreadable }
  try {
    const linkPurpose = templateLinks[template]
    return { ...facts, ...(await writeMail(runtime, { id, template, parameters, linkPurpose })) }
  } catch {
    // The delivery has logged why.
    return { ...facts, ...unreadable }
  }
}

const unreadable = { subject: '(cannot be rendered)', html: '', text: '' }
