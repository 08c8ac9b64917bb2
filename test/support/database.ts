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
