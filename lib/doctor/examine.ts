import { isDatabaseUnavailable } from '#db/errors.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import { checkAddress, checkOrigins, checkProxy } from './address-checks.ts'
import { checkClock } from './clock-check.ts'
import { checkDatabase, checkMigrations } from './database-checks.ts'
import { checkFeed, checkTriggers } from './feed-checks.ts'
import { type Finding, failed, messageOf, skipped } from './finding.ts'
import { checkKeys } from './key-checks.ts'
import { checkMail, checkMailQueue } from './mail-check.ts'

export type { Finding }

/** Looks at everything that an installation needs, and says what to do about what is not as it should be. */
export async function examine(runtime: Runtime, migrationsFolder: string): Promise<Finding[]> {
  const database = await checkDatabase(runtime)
  const needsDatabase = (name: string, check: () => Promise<Finding>) =>
    database.state === 'failed' ? skipped(name, 'The database does not answer') : guarded(name, check)
  const migrations = await needsDatabase('migrations', () => checkMigrations(runtime, migrationsFolder))
  const needsSchema = (name: string, check: () => Promise<Finding>) =>
    migrations.state === 'ok' ? guarded(name, check) : skipped(name, 'The schema is not there')
  return [
    database,
    migrations,
    await needsSchema('change feed', () => checkFeed(runtime)),
    await needsSchema('triggers', () => checkTriggers(runtime, migrationsFolder)),
    await needsSchema('keys', () => checkKeys(runtime)),
    await guarded('mail', () => checkMail(runtime)),
    await needsSchema('mail queue', () => checkMailQueue(runtime)),
    await needsSchema('clock', () => checkClock(runtime)),
    await needsSchema('address', () => checkAddress(runtime)),
    checkProxy(runtime),
    checkOrigins(runtime),
  ]
}

/** A check that fails in a way that nobody thought of is a finding, and no end of the others. */
async function guarded(name: string, check: () => Promise<Finding>): Promise<Finding> {
  try {
    return await check()
  } catch (error) {
    const fix = isDatabaseUnavailable(error)
      ? 'The database stopped answering meanwhile. Run this again.'
      : 'This should not happen. Please report it.'
    return failed(name, messageOf(error), fix)
  }
}
