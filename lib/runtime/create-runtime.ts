import { type Database, openDatabase } from '#db/connection.ts'
import { purgeAttemptBudgets } from '#db/queries/attempt-budgets.ts'
import type { Config } from '#lib/config/config.ts'
import { createBcryptWorkers } from '#lib/crypto/bcrypt-workers.ts'
import { createHashQueue } from '#lib/crypto/hash-queue.ts'
import { deriveRootKeys } from '#lib/crypto/root-keys.ts'
import { createLimits } from '#lib/limits/limits.ts'
import { openRedis } from '#lib/limits/redis.ts'
import { createPasswords } from '#lib/password/passwords.ts'
import { createAccessTokens } from '#lib/session/access-tokens.ts'
import { createDatabaseSessionCheck } from '#lib/session/session-check.ts'
import { createSessionCredentials } from '#lib/session/session-credentials.ts'
import { createTouchBatch } from '#lib/session/touch-batch.ts'
import { type Clock, systemClock } from './clock.ts'
import { usableCores } from './cores.ts'
import { createLog, type Log } from './log.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import { createPeriodicTasks } from './periodic-tasks.ts'
import { type Random, systemRandom } from './random.ts'
import type { Runtime } from './runtime.ts'

/** What a test may bring along; a production process brings nothing. */
export interface RuntimeParts {
  clock?: Clock
  random?: Random
  log?: Log
}

const waitingMax = 64
const waitMsMax = 2000
const touchIntervalMs = 30_000
const housekeepingIntervalMs = 600_000

/** Makes the runtime of this process: the only place where its parts meet. Nothing here waits for the database. */
export async function createRuntime(config: Config, parts: RuntimeParts = {}): Promise<Runtime> {
  const clock = parts.clock ?? systemClock
  const random = parts.random ?? systemRandom
  const log = parts.log ?? createLog(config.logLevel)
  const metrics = createMetrics()
  const database = openDatabase({
    url: config.database.url.reveal(),
    poolSize: config.database.poolSize,
    onIdleError: (error) =>
      log.warn({ event: 'database_connection_lost', error }, 'an idle connection was lost'),
  })
  const redis = config.redisUrl ? await openRedis(config.redisUrl, log) : null
  const roots = deriveRootKeys(config.rootSecrets)
  const hashing = createHashing(clock, log, metrics)
  const touches = createTouchBatch(database)
  const tasks = createPeriodicTasks(log)
  tasks.every(touchIntervalMs, 'touches', () => touches.flush())
  tasks.every(housekeepingIntervalMs, 'attempt_budgets', () => purgeAttemptBudgets(database))
  tasks.every(housekeepingIntervalMs, 'password_schemes', () => hashing.passwords.calibrate(database))
  gaugeDatabase(metrics, database)
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
    accessTokens: createAccessTokens(config, roots, database, clock),
    sessionCredentials: createSessionCredentials(roots),
    sessionCheck: createDatabaseSessionCheck(database),
    limits: createLimits({ db: database, redis: redis?.client ?? null, clock, log, metrics }),
    async close() {
      await tasks.stop()
      await touches
        .flush()
        .catch((error) => log.warn({ event: 'touches_lost', error }, 'uses were not written'))
      await Promise.all([hashing.close(), redis?.close(), database.close()])
    },
  }
}

function createHashing(clock: Clock, log: Log, metrics: Metrics) {
  const slots = usableCores()
  const queue = createHashQueue({ slots, waitingMax, waitMsMax, monotonicNow: clock.monotonicMs })
  const bcrypt = createBcryptWorkers(`${process.cwd()}/lib/crypto/bcrypt-worker.mjs`)
  metrics.gauge('password_hash_running', 'Password hashes running now', () => queue.usage().running)
  metrics.gauge('password_hash_waiting', 'Password hashes waiting for a slot', () => queue.usage().waiting)
  return { passwords: createPasswords({ queue, bcrypt, clock, log, metrics }), close: () => bcrypt.close() }
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
