import { sql } from 'drizzle-orm'
import type { Connection } from '../connection.ts'
import { statement } from '../statement.ts'

const findAddJob = statement<object, { installed: boolean }>(
  'find_job_queue',
  () => sql`select to_regproc('graphile_worker.add_job') is not null as installed`,
)

/** True when jobs can be added. */
export async function findJobQueueInstalled(db: Connection): Promise<boolean> {
  const [row] = await db.run(findAddJob({}))
  return row?.installed ?? false
}
