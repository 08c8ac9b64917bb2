import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { migrateDatabase } from '#db/migrate.ts'
import { makeJobQueue } from '#lib/jobs/job-queue.ts'
import { createLog } from '#lib/runtime/log.ts'

const templateName = 'session_management_template'
const clockSql = `
  CREATE TABLE test_clock (offset_seconds double precision NOT NULL);
  INSERT INTO test_clock VALUES (0);
  CREATE OR REPLACE FUNCTION app_now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT now() + make_interval(secs => (SELECT offset_seconds FROM test_clock)) $$;`

/** Makes the template: this version's schema, with a clock that tests can move. */
export async function createTemplate(serverUrl: string): Promise<void> {
  const url = withDatabase(serverUrl, templateName)
  await migrateDatabase(url, 'db/migrations')
  await makeJobQueue(url, createLog('error', process.stderr))
  await sql(url, clockSql)
}

export interface TestDatabase {
  url: string
  /** Runs statements as a person with psql would. */
  sql<Row extends object = Record<string, unknown>>(text: string, values?: unknown[]): Promise<Row[]>
  drop(): Promise<void>
}

/** A database of its own for a test file. */
export async function createTestDatabase(serverUrl: string): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`
  const admin = withDatabase(serverUrl, 'postgres')
  await sql(admin, `CREATE DATABASE ${name} TEMPLATE ${templateName} STRATEGY FILE_COPY`)
  const url = withDatabase(serverUrl, name)
  return {
    url,
    sql: (text, values) => sql(url, text, values),
    drop: async () => void (await sql(admin, `DROP DATABASE ${name} WITH (FORCE)`)),
  }
}

export function withDatabase(serverUrl: string, name: string): string {
  return serverUrl.replace(/\/[^/]*$/, `/${name}`)
}

export async function sql<Row extends object>(url: string, text: string, values?: unknown[]): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const result = await client.query<Row>(text, values)
    return result.rows
  } finally {
    await client.end()
  }
}

/** A transaction of somebody else that has begun and not ended. */
export interface OpenTransaction {
  /** Ends it. */
  commit(): Promise<void>
}

/** Runs statements in a transaction that stays open; `commit` it before the test ends. */
export async function holdTransaction(
  { url }: Pick<TestDatabase, 'url'>,
  statements: readonly { text: string; values?: unknown[] }[],
): Promise<OpenTransaction> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query('BEGIN')
  for (const { text, values } of statements) await client.query(text, values)
  return {
    async commit() {
      await client.query('COMMIT')
      await client.end()
    },
  }
}

/** Resolves once a statement of the database waits for a lock that somebody else holds. */
export async function untilSomebodyWaits({ sql: run }: Pick<TestDatabase, 'sql'>): Promise<void> {
  const deadlineMs = performance.now() + 5000
  for (;;) {
    const waiting = await run(
      "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    )
    if (waiting.length > 0) return
    if (performance.now() > deadlineMs) throw new Error('nobody waits')
  }
}
