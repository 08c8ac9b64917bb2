import { findJobQueueInstalled } from '#db/queries/job-queue.ts'
import type { Log } from '#lib/runtime/log.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'

/**
 * Makes the tables of graphile-worker if they are not there. Any number of processes may call it at once. A newer
 * version brings its own changes when it begins to work.
 */
export async function installJobQueue({
  config,
  database,
  log,
}: Pick<Runtime, 'config' | 'database' | 'log'>): Promise<void> {
  if (await findJobQueueInstalled(database)) return
  await makeJobQueue(config.database.url.reveal(), log)
}

/** @param url  of the database, as pg takes it */
export async function makeJobQueue(url: string, log: Log): Promise<void> {
  const { runMigrations } = await import('graphile-worker')
  await runMigrations({ connectionString: url, logger: await queueLogger(log), maxPoolSize: 2 })
}

/** What graphile-worker says, as lines of our log; it names jobs by id and task, and no payload. */
export async function queueLogger(log: Log) {
  const { Logger } = await import('graphile-worker')
  return new Logger(() => (level, message, meta) => {
    const error = (meta as { error?: unknown } | undefined)?.error
    const fields = { event: 'job_queue', ...(error !== undefined && { error }) }
    if (level === 'error') log.error(fields, message)
    else if (level === 'warning') log.warn(fields, message)
    else log.debug(fields, message)
  })
}
