import { sql } from 'drizzle-orm'
import type { Connection } from '../connection.ts'
import { mailMessages, oneTimeLinks } from '../schema.ts'
import { statement } from '../statement.ts'

const requeue = statement<{ overdueSeconds: number; countMax: number }, { id: string }>(
  'requeue_mail_messages',
  (p) => sql`
    with overdue as (
      select message.id from ${mailMessages} message
      where message.state in ('queued', 'sending')
        and message.next_attempt_at < app_now() - make_interval(secs => ${p.overdueSeconds}::integer)
        and not exists (select from graphile_worker.jobs job where job.key = 'mail:' || message.id
          and job.locked_at is null and job.attempts < job.max_attempts)
      order by message.next_attempt_at limit ${p.countMax}::integer
    )
    select overdue.id, (graphile_worker.add_job('deliver_mail', json_build_object('id', overdue.id),
      job_key => 'mail:' || overdue.id)).id as "jobId"
    from overdue`,
)

/**
 * Adds jobs for messages that are overdue and that no waiting job is for: of a process that was killed, of a queue that
 * was not installed yet, of a job that the database refused too often.
 *
 * @returns how many
 */
export async function requeueMail(
  db: Connection,
  bounds: { overdueSeconds: number; countMax: number },
): Promise<number> {
  return (await db.run(requeue(bounds))).length
}

export interface MailQueue {
  /** Messages that wait, also for their next attempt. */
  waiting: number
  /** Age of the oldest of them; 0 when none waits. */
  oldestSeconds: number
  /** Those of them whose last attempt ended at MAIL FROM, refused for good: the sender is ours and the same for all. */
  senderRefused: number
  /** What the SMTP server said to the one that was tried last. */
  senderAnswer: string | null
}

/** As lib/mail/smtp-mailer.ts describes an answer: the command, and what came back. */
const isSenderRefused = sql`message.last_error like 'MAIL FROM: 5%'`

const measure = statement<object, MailQueue>(
  'measure_mail_queue',
  () => sql`
    select count(*)::integer as waiting,
      coalesce(extract(epoch from app_now() - min(message.created_at)), 0)::double precision as "oldestSeconds",
      count(*) filter (where ${isSenderRefused})::integer as "senderRefused",
      (array_agg(message.last_error order by message.next_attempt_at desc) filter (where ${isSenderRefused}))[1]
        as "senderAnswer"
    from ${mailMessages} message where message.state in ('queued', 'sending')`,
)

export async function measureMailQueue(db: Connection): Promise<MailQueue> {
  const [row] = await db.run(measure({}))
  return row ?? { waiting: 0, oldestSeconds: 0, senderRefused: 0, senderAnswer: null }
}

const countFailed = statement<{ seconds: number }, { count: number; lastError: string | null }>(
  'count_failed_mail',
  (p) => sql`
    select count(*)::integer as count,
      (array_agg(message.last_error order by message.failed_at desc))[1] as "lastError"
    from ${mailMessages} message
    where message.state = 'failed' and message.failed_at > app_now() - make_interval(secs => ${p.seconds}::integer)`,
)

/** Messages that failed for good in the last seconds, and why the last one did. */
export async function countFailedMail(
  db: Connection,
  seconds: number,
): Promise<{ count: number; lastError: string | null }> {
  const [row] = await db.run(countFailed({ seconds }))
  return row ?? { count: 0, lastError: null }
}

const purgeMessages = statement<
  { seconds: number; withdrawnSeconds: number; countMax: number },
  { id: string }
>(
  'purge_mail_messages',
  (p) => sql`
    delete from ${mailMessages} where id in (
      select message.id from ${mailMessages} message
      where message.state not in ('queued', 'sending')
        and message.created_at < app_now() - make_interval(secs =>
          case message.state when 'withdrawn' then ${p.withdrawnSeconds} else ${p.seconds} end::integer)
      order by message.id limit ${p.countMax}::integer)
    returning id`,
)

const purgeLinks = statement<{ seconds: number; countMax: number }, { id: string }>(
  'purge_one_time_links',
  (p) => sql`
    delete from ${oneTimeLinks} where id in (
      select link.id from ${oneTimeLinks} link
      where link.created_at < app_now() - make_interval(secs => ${p.seconds}::integer)
        and not exists (select from ${mailMessages} message where message.id = link.id
          and message.state in ('queued', 'sending'))
      order by link.id limit ${p.countMax}::integer)
    returning id`,
)

const purgeLostJobs = statement<object>(
  'purge_lost_mail_jobs',
  // Those of killed processes: another job took their key, and nothing will run them again.
  () => sql`
    delete from graphile_worker._private_jobs
    where key is null and attempts >= max_attempts and locked_at < now() - interval '1 day'`,
)

/** Removes what is older: messages that are settled, links, and jobs that killed processes left behind. */
export async function purgeMail(
  db: Connection,
  keep: { messageSeconds: number; linkSeconds: number; countMax: number },
): Promise<void> {
  const { countMax } = keep
  // A message of nobody goes with its link, by which it is found when an account of its address is removed.
  const seconds = { seconds: keep.messageSeconds, withdrawnSeconds: keep.linkSeconds }
  await db.run(purgeMessages({ ...seconds, countMax }))
  await db.run(purgeLinks({ seconds: keep.linkSeconds, countMax }))
  await db.run(purgeLostJobs({}))
}
