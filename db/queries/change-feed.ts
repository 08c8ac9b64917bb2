import { sql } from 'drizzle-orm'
import type { Connection } from '../connection.ts'
import { statement } from '../statement.ts'

/** Tells two databases apart, also two of one server, and a primary from what takes no writes. */
export interface DatabaseIdentity {
  systemIdentifier: string
  database: string
  /** A standby, or a primary that another one takes over from. */
  isReadOnly: boolean
}

/** Of the connection that runs it. */
export const identify = statement<object, DatabaseIdentity>(
  'identify_database',
  () => sql`
    select system_identifier::text as "systemIdentifier", current_database() as "database",
      pg_is_in_recovery() or current_setting('transaction_read_only') = 'on' as "isReadOnly"
    from pg_control_system()`,
)

/** Which database the pool talks to. */
export async function identifyDatabase(db: Connection): Promise<DatabaseIdentity> {
  const [identity] = await db.run(identify({}))
  if (!identity) throw new Error('the database did not say who it is')
  return identity
}

const beat = statement<{ channel: string; number: number }, { now: Date }>(
  'beat',
  ({ channel, number }) => sql`
    select app_now() as "now" from pg_notify(${channel}::text, ${number}::bigint::text)`,
)

/** Sends a numbered beat the way of every write. Returns the database's time. */
export async function sendBeat(db: Connection, channel: string, number: number): Promise<Date> {
  const [row] = await db.run(beat({ channel, number }))
  if (!row) throw new Error('a beat returned no row')
  return row.now
}

const queueUsage = statement<object, { usage: number }>(
  'notification_queue_usage',
  () => sql`select pg_notification_queue_usage() as "usage"`,
)

/** How full the server's notification queue is, 0 to 1; at 1 every commit that notifies fails. */
export async function readQueueUsage(db: Connection): Promise<number> {
  const [row] = await db.run(queueUsage({}))
  return row?.usage ?? 0
}
