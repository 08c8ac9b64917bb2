import { setTimeout as pause } from 'node:timers/promises'
import { isDatabaseUnavailable } from '#db/errors.ts'
import { type MigrationOutcome, migrateDatabase } from '#db/migrate.ts'
import { findRoleExists } from '#db/queries/installation.ts'
import { installJobQueue } from '#lib/jobs/job-queue.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import { unreadableSigningKeys } from '#lib/session/key-ring.ts'
import { startRefusal } from './start-refusal.ts'

/** Of a clone. */
export function migrationsFolder(root: string): string {
  return `${root}/db/migrations`
}

const firstWaitMs = 250
const waitMsMax = 5000
/** SQLSTATEs that an operator mends while we wait: wrong password, no such role, not let in, no such database. */
const mendable = /^(28...|3D000)$/

/**
 * Migrates the database and loads what every process needs from it. A database that does not answer, or does not let
 * us in, is waited for: liveness is answered meanwhile, everything else is 503.
 *
 * @param migrationsFolder  null in a process whose database another one has migrated
 * @param isStopping  ends the wait
 * @returns how many migrations were applied
 * @throws a start refusal for what waiting cannot mend
 */
export async function startDatabase(
  runtime: Runtime,
  migrationsFolder: string | null,
  isStopping: () => boolean,
): Promise<number> {
  let waitMs = firstWaitMs
  while (!isStopping()) {
    try {
      const outcome = await migrate(runtime, migrationsFolder)
      if (outcome.kind === 'migrated') {
        if (migrationsFolder !== null) await installJobQueue(runtime)
        await requireUsable(runtime)
        await runtime.changeFeed?.start()
        return outcome.applied
      }
      if (outcome.isFinal) throw startRefusal(`${outcome.problem} ${outcome.remedy}`)
      runtime.log.error({ event: 'database_not_ready', remedy: outcome.remedy }, outcome.problem)
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : ''
      if (!isDatabaseUnavailable(error) && !mendable.test(code)) throw error
      runtime.log.error({ event: 'database_not_ready', error }, 'waiting for the database')
    }
    await pause(waitMs * (0.5 + Math.random()))
    waitMs = Math.min(waitMsMax, waitMs * 2)
  }
  return 0
}

async function migrate({ config }: Runtime, folder: string | null): Promise<MigrationOutcome> {
  return folder === null
    ? { kind: 'migrated', applied: 0 }
    : migrateDatabase(config.database.url.reveal(), folder)
}

async function requireUsable(runtime: Runtime): Promise<void> {
  const { defaultRole } = runtime.config
  if (!(await findRoleExists(runtime.database, defaultRole))) {
    throw startRefusal(`DEFAULT_ROLE is ${defaultRole}, and the table roles has no such name.`)
  }
  try {
    await runtime.accessTokens.publicKeys()
  } catch (error) {
    if (!(error instanceof Error) || error.message !== unreadableSigningKeys) throw error
    throw startRefusal(unreadableKeysAdvice, error)
  }
  await runtime.passwords.calibrate(runtime.database)
}

const unreadableKeysAdvice = [
  'AUTH_SECRET does not open the signing keys in the database: they were sealed under another one.',
  'If you are rotating it, append the old one: AUTH_SECRET=new,old.',
  'If the old one is lost, `npm run cli -- keys list` shows the keys, and `keys remove` makes a new one at once; access',
  'tokens of the removed key are refused then, and clients refresh.',
].join('\n')
