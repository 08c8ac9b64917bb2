import { type Database, openDatabase } from '#db/connection.ts'
import { purgeAttemptBudgets } from '#db/queries/attempt-budgets.ts'
import { purgeIdempotencyKeys } from '#db/queries/idempotency-keys.ts'
import { cleanAccounts, cleanSignInCodes } from '#lib/accounts/clean-accounts.ts'
import type { Config } from '#lib/config/config.ts'
import { createBcryptWorkers } from '#lib/crypto/bcrypt-workers.ts'
import { createHashQueue } from '#lib/crypto/hash-queue.ts'
import type { NewHashScheme } from '#lib/crypto/password-hash.ts'
import { deriveRootKeys } from '#lib/crypto/root-keys.ts'
import { createJobRunner, type JobRunner } from '#lib/jobs/job-runner.ts'
import { createLimits } from '#lib/limits/limits.ts'
import { openRedis } from '#lib/limits/redis.ts'
import { createMailDelivery, type MailDelivery } from '#lib/mail/mail-delivery.ts'
import { createMailDomains } from '#lib/mail/mail-domains.ts'
import { createPasswords } from '#lib/password/passwords.ts'
import { type AccessTokens, createAccessTokens } from '#lib/session/access-tokens.ts'
import { type ChangeFeed, createChangeFeed } from '#lib/session/change-feed.ts'
import { createLiveView, type LiveView } from '#lib/session/live-view.ts'
import { createDatabaseSessionCheck, type SessionCheck } from '#lib/session/session-check.ts'
import { createSessionCredentials } from '#lib/session/session-credentials.ts'
import { maintainSigningKeys } from '#lib/session/signing-keys.ts'
import { createSnapshotLoader } from '#lib/session/snapshot-loader.ts'
import { sweepIntervalMs, sweepSessions } from '#lib/session/sweep-sessions.ts'
import { createTouchBatch } from '#lib/session/touch-batch.ts'
import { type Clock, systemClock } from './clock.ts'
import { hashSlots, usableCores } from './cores.ts'
import { type Log, openProcessLog } from './log.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import { createPeriodicTasks, type PeriodicTasks } from './periodic-tasks.ts'
import { type Random, systemRandom } from './random.ts'
import type { Runtime } from './runtime.ts'
import type { WorkerSeat } from './worker-seat.ts'

/** What a test may bring along; of production processes only the command line brings something, its log. */
export interface RuntimeParts {
  clock?: Clock
  random?: Random
  log?: Log
  /** Controls of the session engine that a control run leaves out, to show what they are for. */
  without?: readonly SessionControl[]
  /** What new password hashes cost instead, so that what is not about them does not wait for them. */
  passwordScheme?: NewHashScheme
  /** Where the change feed listens instead: a wrong place. */
  feedUrl?: string
}

/**
 * 'heartbeat': an open connection counts as proof. 'load-epoch': an overtaken answer is kept all the same. 'decoy': an
 * account that there is not costs no password work.
 */
export type SessionControl = 'heartbeat' | 'load-epoch' | 'decoy'

const waitingMax = 64
const waitMsMax = 2000
const touchIntervalMs = 30_000
const housekeepingIntervalMs = 600_000
const signInCodesIntervalMs = 60_000
const feedInspectionIntervalMs = 60_000
const mailSweepIntervalMs = 15_000

/** Makes the runtime of this process: the only place where its parts meet. Nothing here waits for the database. */
export async function createRuntime(
  config: Config,
  parts: RuntimeParts = {},
  seat: WorkerSeat | null = null,
): Promise<Runtime> {
  const clock = parts.clock ?? systemClock
  const random = parts.random ?? systemRandom
  const metrics = createMetrics(seat)
  const log = parts.log ?? openLog(config, metrics, seat)
  const database = openDatabase({
    url: config.database.url.reveal(),
    poolSize: config.database.poolSize,
    onIdleError: (error) =>
      log.warn({ event: 'database_connection_lost', error }, 'an idle connection was lost'),
  })
  const redis = config.redisUrl ? await openRedis(config.redisUrl, log) : null
  const roots = deriveRootKeys(config.rootSecrets)
  const hashing = createHashing({ clock, log, metrics, seat, parts })
  const touches = createTouchBatch(database, config.session.roleLimits)
  const tasks = createPeriodicTasks(log)
  tasks.every(touchIntervalMs, 'touches', () => touches.flush())
  keepHouse(tasks, { config, database, log, metrics })
  tasks.every(housekeepingIntervalMs, 'password_schemes', () => hashing.passwords.calibrate(database))
  const sessions = createSessionEngine({ config, parts, clock, random, log, metrics, database })
  const accessTokens = createTokens({ config, roots, database, clock, log, tasks, feed: sessions.changeFeed })
  tasks.every(feedInspectionIntervalMs, 'change_feed', async () => sessions.changeFeed?.inspect())
  gaugeDatabase(metrics, database)
  const mail = createMailDelivery({ config, database, roots, clock, random, log, metrics })
  const jobs = createJobs({ config, log, mail, tasks })
  return {
    phase: 'starting',
    config,
    clock,
    random,
    log,
    metrics,
    database,
    roots,
    touches,
    passwords: hashing.passwords,
    accessTokens,
    mail,
    mailDomains: createMailDomains(),
    jobs,
    sessionCredentials: createSessionCredentials(roots),
    ...sessions,
    limits: createLimits({ db: database, redis: redis?.client ?? null, clock, log, metrics }),
    async close() {
      await Promise.all([tasks.stop(), jobs.stop()])
      mail.close()
      sessions.changeFeed?.close()
      await touches
        .flush()
        .catch((error) => log.warn({ event: 'touches_lost', error }, 'uses were not written'))
      await Promise.all([hashing.close(), redis?.close(), database.close()])
    },
  }
}

/** What is over is written down, and what is old goes. */
function keepHouse(
  tasks: PeriodicTasks,
  parts: Pick<Runtime, 'config' | 'database' | 'log' | 'metrics'>,
): void {
  tasks.every(sweepIntervalMs, 'session_sweep', () => sweepSessions(parts))
  tasks.every(housekeepingIntervalMs, 'attempt_budgets', () => purgeAttemptBudgets(parts.database))
  tasks.every(housekeepingIntervalMs, 'accounts', () => cleanAccounts(parts))
  tasks.every(signInCodesIntervalMs, 'sign_in_codes', () => cleanSignInCodes(parts))
  tasks.every(housekeepingIntervalMs, 'idempotency_keys', () => purgeIdempotencyKeys(parts.database))
}

function openLog({ logLevel }: Config, metrics: Metrics, seat: WorkerSeat | null): Log {
  const { log, dropped } = openProcessLog(logLevel, undefined, undefined, seat?.number)
  metrics.total('log_lines_dropped', 'Log lines that were dropped, because nobody read them', dropped)
  return log
}

interface JobParts extends Pick<Runtime, 'config' | 'log'> {
  mail: MailDelivery
  tasks: PeriodicTasks
}

/** The job runner; while it runs, this process also looks for what was lost. Every process knows how long the queue is. */
function createJobs({ config, log, mail, tasks }: JobParts): JobRunner {
  const jobs = createJobRunner(
    { config, log },
    { deliver_mail: async (payload) => mail.deliver(String((payload as { id?: unknown }).id)) },
  )
  if (config.mail.kind === 'off') return jobs
  tasks.every(mailSweepIntervalMs, 'mail_sweep', async () => {
    if (jobs.isStarted()) await mail.sweep()
    await mail.measure()
  })
  tasks.every(housekeepingIntervalMs, 'mail_purge', async () => {
    if (jobs.isStarted()) await mail.purge()
  })
  return jobs
}

interface TokenParts extends Pick<Runtime, 'config' | 'roots' | 'database' | 'clock' | 'log'> {
  tasks: PeriodicTasks
  feed: ChangeFeed | null
}

/** Access tokens, whose keys are kept right by the change feed and are replaced when they come of age. */
function createTokens({ tasks, feed, ...parts }: TokenParts): AccessTokens {
  const accessTokens = createAccessTokens({ ...parts, isProven: () => feed?.isProven() ?? false })
  feed?.subscribe({
    changed: (change) => {
      if (change.kind === 'all' || (change.kind === 'table' && change.table === 'signing_keys'))
        accessTokens.reload()
    },
    reset: accessTokens.reload,
  })
  tasks.every(housekeepingIntervalMs, 'signing_keys', () => maintainSigningKeys({ ...parts, accessTokens }))
  return accessTokens
}

interface SessionEngineParts
  extends Pick<Runtime, 'config' | 'clock' | 'random' | 'log' | 'metrics' | 'database'> {
  parts: RuntimeParts
}

function createSessionEngine({
  config,
  parts: { without = [], feedUrl },
  clock,
  random,
  log,
  metrics,
  database,
}: SessionEngineParts): { sessionCheck: SessionCheck; changeFeed: ChangeFeed | null } {
  const loader = createSnapshotLoader(database, config.session.roleLimits)
  const { liveViewSessions } = config.session
  if (liveViewSessions === null) return { sessionCheck: createDatabaseSessionCheck(loader), changeFeed: null }
  const changeFeed = createChangeFeed({
    url: feedUrl ?? config.database.url.reveal(),
    database,
    clock,
    log,
    processId: random.bytes(8).toString('hex'),
    needsBeats: !without.includes('heartbeat'),
  })
  const liveView = createLiveView({
    feed: changeFeed,
    loader,
    clock,
    sizeMax: liveViewSessions,
    checksLoads: !without.includes('load-epoch'),
  })
  gaugeLiveView(metrics, liveView, changeFeed)
  return { sessionCheck: liveView, changeFeed }
}

function gaugeLiveView(metrics: Metrics, liveView: LiveView, feed: ChangeFeed): void {
  const { gauge, total } = metrics
  gauge('live_view_proven', '1 while sessions are answered from memory', () => Number(feed.isProven()))
  gauge('live_view_lag_seconds', 'Time for which the change feed proves nothing', () => feed.lagMs() / 1000)
  gauge('live_view_queue_usage', 'How full the notification queue of PostgreSQL is, 0 to 1', feed.queueUsage)
  gauge('live_view_sessions', 'Sessions in memory', () => liveView.usage().size)
  total('live_view_hits', 'Checks answered from memory', () => liveView.usage().hits)
  total('live_view_loads', 'Sessions read into memory', () => liveView.usage().loads)
  total(
    'live_view_fallbacks',
    'Checks that read the database: nothing was proven',
    () => liveView.usage().fallbacks,
  )
  total(
    'live_view_undecided',
    'Checks answered 503: changes overtook each read',
    () => liveView.usage().undecided,
  )
  total('live_view_changes', 'Changes heard or made', () => liveView.usage().changes)
}

function createHashing({
  clock,
  log,
  metrics,
  seat,
  parts,
}: Pick<Runtime, 'clock' | 'log' | 'metrics'> & { seat: WorkerSeat | null; parts: RuntimeParts }) {
  const slots = hashSlots(usableCores(), seat?.workers ?? 1)
  const queue = createHashQueue({ slots, waitingMax, waitMsMax, monotonicNow: clock.monotonicMs })
  const bcrypt = createBcryptWorkers(`${process.cwd()}/lib/crypto/bcrypt-worker.mjs`)
  metrics.gauge('password_hash_running', 'Password hashes running now', () => queue.usage().running)
  metrics.gauge('password_hash_waiting', 'Password hashes waiting for a slot', () => queue.usage().waiting)
  const { passwordScheme: scheme } = parts
  const spendsDecoys = !parts.without?.includes('decoy')
  return {
    passwords: createPasswords({
      queue,
      bcrypt,
      clock,
      log,
      metrics,
      spendsDecoys,
      ...(scheme && { scheme }),
    }),
    close: () => bcrypt.close(),
  }
}

function gaugeDatabase(metrics: Metrics, database: Database) {
  metrics.gauge('db_pool_connections', 'Open database connections', () => database.usage().total)
  metrics.gauge('db_pool_idle', 'Database connections that nobody uses', () => database.usage().idle)
  metrics.gauge(
    'db_pool_waiting',
    'Callers waiting for a database connection',
    () => database.usage().waiting,
  )
}
