import type { Database } from '#db/connection.ts'
import type { Config } from '#lib/config/config.ts'
import type { RootKeys } from '#lib/crypto/root-keys.ts'
import type { JobRunner } from '#lib/jobs/job-runner.ts'
import type { Limits } from '#lib/limits/limits.ts'
import type { MailDelivery } from '#lib/mail/mail-delivery.ts'
import type { MailDomains } from '#lib/mail/mail-domains.ts'
import type { Passwords } from '#lib/password/passwords.ts'
import type { AccessTokens } from '#lib/session/access-tokens.ts'
import type { ChangeFeed } from '#lib/session/change-feed.ts'
import type { SessionCheck } from '#lib/session/session-check.ts'
import type { SessionCredentials } from '#lib/session/session-credentials.ts'
import type { TouchBatch } from '#lib/session/touch-batch.ts'
import type { Clock } from './clock.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'
import type { Random } from './random.ts'

/** Everything a process has one of. Made in one place (create-runtime.ts), passed as the first argument. */
export interface Runtime {
  config: Config
  clock: Clock
  random: Random
  log: Log
  metrics: Metrics
  database: Database
  roots: RootKeys
  accessTokens: AccessTokens
  sessionCredentials: SessionCredentials
  sessionCheck: SessionCheck
  /** Null with LIVE_VIEW=off. Whoever has seen the database ready starts it. */
  changeFeed: ChangeFeed | null
  touches: TouchBatch
  passwords: Passwords
  limits: Limits
  mail: MailDelivery
  mailDomains: MailDomains
  /** Idle until somebody starts it who has seen the database ready. */
  jobs: JobRunner
  /**
   * 'starting': the database is not ready yet, only liveness is answered. 'serving'. 'stopping': readiness says 503,
   * requests are still answered.
   */
  phase: 'starting' | 'serving' | 'stopping'
  /** Flushes and closes what the runtime owns. */
  close(): Promise<void>
}
