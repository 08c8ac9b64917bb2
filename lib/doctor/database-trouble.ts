import { isDatabaseUnavailable } from '#db/errors.ts'
import { type MigrationState, readMigrationState } from '#db/migrate.ts'
import { Problem } from '#lib/problems.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import { messageOf } from './finding.ts'

/** SQLSTATEs of a database that does not let us in: wrong password, no such role, not allowed, no such database. */
const refusals = /^(28...|3D000)$/

/** A database that does not answer, or lets nobody in, as a refusal with its reason; null for any other error. */
export function databaseTrouble(error: unknown): Problem | null {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (!isDatabaseUnavailable(error) && !refusals.test(code)) return null
  return new Problem('unavailable', {
    detail: `The database does not answer: ${messageOf(error)}.`,
    cause: error,
  })
}

const complaints: Record<Exclude<MigrationState, 'current'>, string> = {
  missing:
    'Nothing of this product is in the database yet. Start the server once: it makes its tables by itself.',
  behind:
    'The schema of the database is of an older version. Start the server of this version once: it migrates.',
  ahead: 'The schema of the database is of a newer version than these files. Run the newer version.',
}

/** For whoever works beside the servers, and leaves migrating to them. @throws Problem `unavailable` */
export async function requireCurrentSchema({ config }: Runtime, migrationsFolder: string): Promise<void> {
  const state = await readMigrationState(config.database.url.reveal(), migrationsFolder)
  if (state !== 'current') throw new Problem('unavailable', { detail: complaints[state] })
}
