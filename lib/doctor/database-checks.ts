import { canConnect, type MigrationState, readMigrationState } from '#db/migrate.ts'
import { identifyDatabase } from '#db/queries/change-feed.ts'
import { findServerVersion } from '#db/queries/installation.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import { type Finding, failed, messageOf, ok } from './finding.ts'

const oldestVersion = 14

/** Does the database answer, is it new enough, and is it the one that is written to? */
export async function checkDatabase({ config, database }: Runtime): Promise<Finding> {
  const check = 'database'
  try {
    const version = await findServerVersion(database)
    const { isReadOnly } = await identifyDatabase(database)
    if (Number.parseInt(version, 10) < oldestVersion)
      return failed(check, `PostgreSQL ${version} is too old`, `Upgrade it to ${oldestVersion} or newer.`)
    if (isReadOnly)
      return failed(
        check,
        'DATABASE_URL leads to a server that takes no writes',
        'Name the primary in DATABASE_URL.',
      )
    return ok(
      check,
      `PostgreSQL ${version} answers; each process may open ${config.database.poolSize} connections`,
    )
  } catch (error) {
    const isThere = await canConnect(config.database.url.reveal())
    const fix = isThere
      ? 'The server runs, but not this database. Start the server of this folder once: it makes the database, or says how.'
      : 'Start PostgreSQL, and compare host, port, user and password in DATABASE_URL with it: psql "$DATABASE_URL"'
    return failed(check, messageOf(error), fix)
  }
}

const migrations: Record<MigrationState, Pick<Finding, 'state' | 'detail'> & { fix?: string }> = {
  current: { state: 'ok', detail: 'The schema is the one of this version' },
  behind: {
    state: 'failed',
    detail: 'The schema is of an older version',
    fix: 'Start the server of this version: it migrates by itself.',
  },
  missing: {
    state: 'failed',
    detail: 'Nothing of this product is in the database yet',
    fix: 'Start the server: it makes its tables by itself.',
  },
  ahead: {
    state: 'failed',
    detail: 'The schema is of a newer version than these files',
    fix: 'Run the newer version, or restore a backup made with this one.',
  },
}

export async function checkMigrations({ config }: Runtime, folder: string): Promise<Finding> {
  const state = await readMigrationState(config.database.url.reveal(), folder)
  return { check: 'migrations', ...migrations[state] }
}
