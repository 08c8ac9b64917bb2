import { sql } from 'drizzle-orm'
import type { Connection } from '../connection.ts'
import { settings } from '../schema.ts'
import { statement } from '../statement.ts'

/** What {@link provokeAnnouncement} makes the triggers announce. */
export const provokedTable = 'settings'

const provoke = statement<object>(
  'provoke_announcement',
  () => sql`delete from ${settings} where ${settings.name} = 'no setting has this name'`,
)

/** Makes a trigger of the change feed fire without changing anything: it fires for each statement. */
export async function provokeAnnouncement(db: Connection): Promise<void> {
  await db.run(provoke({}))
}
