import { sql } from 'drizzle-orm'
import type { Connection } from '../connection.ts'
import { mailMessages } from '../schema.ts'
import { statement } from '../statement.ts'

export interface InboxRow {
  id: string
  template: string
  recipient: string
  parameters: Record<string, string | null>
  state: string
  createdAt: Date
}

const columns = sql`message.id, message.template, message.recipient, message.parameters, message.state,
  message.created_at as "createdAt"`

const list = statement<{ recipient: string | null; countMax: number }, InboxRow>(
  'list_inbox',
  (p) => sql`
    select ${columns} from ${mailMessages} message
    where message.state <> 'withdrawn' and not message.by_address
      and (${p.recipient}::text is null or lower(message.recipient) = lower(${p.recipient}))
    order by message.created_at desc, message.id desc limit ${p.countMax}::integer`,
)

/**
 * The newest messages, of one recipient or of all (null), but for those that are for nobody, or may turn out to be.
 */
export function listInbox(
  db: Connection,
  of: { recipient: string | null; countMax: number },
): Promise<InboxRow[]> {
  return db.run(list(of))
}

const find = statement<{ id: string }, InboxRow>(
  'find_inbox_message',
  (p) => sql`select ${columns} from ${mailMessages} message where message.id = ${p.id}::uuid`,
)

export async function findInboxMessage(db: Connection, id: string): Promise<InboxRow | null> {
  const [row] = await db.run(find({ id }))
  return row ?? null
}
