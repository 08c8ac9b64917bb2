import { readMigrationFiles } from 'drizzle-orm/migrator'
import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate } from 'drizzle-orm/node-postgres/migrator'
import pg from 'pg'
import { normaliseDatabaseUrl } from './connection.ts'

/** Any fixed number: who migrates holds this advisory lock. Drizzle's own migrate() takes none. */
const migrationLock = 7_302_114_905
const duplicateDatabase = '42P04'
const missingDatabase = '3D000'
const insufficientPrivilege = '42501'
const duplicateTable = '42P07'

export type MigrationOutcome =
  | { kind: 'migrated'; applied: number }
  /** `isFinal`: waiting does not help. */
  | { kind: 'refused'; problem: string; remedy: string; isFinal: boolean }

/**
 * Brings the database to this version's schema; makes the database first if it is missing and the role may.
 * Any number of instances may call it at once: one migrates, the others wait and find nothing to do.
 *
 * @param folder  where the generated migrations are
 * @returns 'refused' with a sentence and a command for what only an operator can mend
 */
export async function migrateDatabase(url: string, folder: string): Promise<MigrationOutcome> {
  const connection = normaliseDatabaseUrl(url)
  const created = await createDatabaseIfMissing(connection)
  if (created) return created
  return withClient(connection, async (client) => {
    await client.query('SELECT pg_advisory_lock($1)', [migrationLock])
    // Set only now: waiting for the other migrator may take as long as its work does.
    await client.query("SET lock_timeout = '10s'")
    const known = readMigrationFiles({ migrationsFolder: folder }).map((file) => file.folderMillis)
    const before = await appliedMigrations(client)
    const newest = Math.max(0, ...before)
    if (!known.includes(newest) && newest > 0) return newerSchema
    const refused = await applyMigrations(client, folder)
    if (refused) return refused
    return { kind: 'migrated', applied: known.filter((millis) => millis > newest).length }
  })
}

export type MigrationState = 'current' | 'behind' | 'ahead' | 'missing'

/**
 * Compares the schema of the database with this version, and changes nothing.
 *
 * @returns 'missing' when there is no such database, or nothing of ours in it
 * @throws what connecting throws
 */
export async function readMigrationState(url: string, folder: string): Promise<MigrationState> {
  const known = readMigrationFiles({ migrationsFolder: folder }).map((file) => file.folderMillis)
  try {
    const applied = await withClient(normaliseDatabaseUrl(url), appliedMigrations)
    if (applied.length === 0) return 'missing'
    const newest = Math.max(...applied)
    if (newest === known.at(-1)) return 'current'
    return known.includes(newest) ? 'behind' : 'ahead'
  } catch (error) {
    if ((error as { code?: string }).code === missingDatabase) return 'missing'
    throw error
  }
}

async function applyMigrations(client: pg.Client, folder: string): Promise<MigrationOutcome | null> {
  try {
    await migrate(drizzle(client), { migrationsFolder: folder })
    return null
  } catch (error) {
    const cause = error instanceof Error ? (error.cause ?? error) : error
    const code = (cause as { code?: string }).code
    const { database, user } = client
    if (code === insufficientPrivilege) {
      return {
        kind: 'refused',
        problem: `The role "${user}" may not make tables in the database "${database}".`,
        remedy: `As a superuser: psql -c 'ALTER DATABASE ${database} OWNER TO ${user}'`,
        isFinal: false,
      }
    }
    if (code !== duplicateTable) throw error
    return {
      kind: 'refused',
      problem: `The database "${database}" belongs to another program: ${(cause as Error).message}.`,
      remedy: 'Name a database in DATABASE_URL that does not exist yet, or an empty one.',
      isFinal: true,
    }
  }
}

const newerSchema: MigrationOutcome = {
  kind: 'refused',
  problem: 'The database was migrated by a newer version of Session Management.',
  remedy: 'Start that version, or restore a backup made with this one.',
  isFinal: true,
}

async function appliedMigrations(client: pg.Client): Promise<number[]> {
  const table = await client.query("SELECT to_regclass('drizzle.__drizzle_migrations') AS name")
  if (table.rows[0].name === null) return []
  const rows = await client.query('SELECT created_at FROM drizzle.__drizzle_migrations')
  return rows.rows.map((row) => Number(row.created_at))
}

async function createDatabaseIfMissing(connection: string): Promise<MigrationOutcome | null> {
  try {
    await withClient(connection, async () => {})
    return null
  } catch (error) {
    if ((error as { code?: string }).code !== missingDatabase) throw error
  }
  const name = decodeURIComponent(new URL(connection).pathname.slice(1))
  try {
    await withClient(maintenanceUrl(connection), (client) =>
      client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)}`),
    )
    return null
  } catch (error) {
    const code = (error as { code?: string }).code
    // 23505: another instance made it between our look and our CREATE.
    if (code === duplicateDatabase || code === '23505') return null
    if (code !== insufficientPrivilege) throw error
    return {
      kind: 'refused',
      problem: `The database "${name}" does not exist and this role may not create it.`,
      remedy: `As a superuser: createdb --owner=${new URL(connection).username || 'ROLE'} ${name}`,
      isFinal: false,
    }
  }
}

function maintenanceUrl(connection: string): string {
  const url = new URL(connection)
  url.pathname = '/postgres'
  return url.href
}

async function withClient<Result>(connection: string, work: (client: pg.Client) => Promise<Result>) {
  const client = new pg.Client({ connectionString: connection, connectionTimeoutMillis: 5000 })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** True when a server answers at this URL, whether or not the database in it exists yet. */
export async function canConnect(url: string): Promise<boolean> {
  try {
    await withClient(normaliseDatabaseUrl(url), async () => {})
    return true
  } catch (error) {
    return (error as { code?: string }).code === missingDatabase
  }
}
