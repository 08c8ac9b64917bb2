import { randomBytes } from 'node:crypto'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { expect, inject, onTestFinished, test } from 'vitest'
import { sql, withDatabase } from '#test/support/database.ts'
import { migrateDatabase } from './migrate.ts'

const server = inject('databaseServerUrl')

/** An empty database, and a role that may sign in and nothing else. */
async function emptyDatabase() {
  const name = `migrate_${randomBytes(6).toString('hex')}`
  const admin = withDatabase(server, 'postgres')
  await sql(admin, `CREATE DATABASE ${name}`)
  await sql(admin, `CREATE ROLE ${name} LOGIN PASSWORD 'of this test'`)
  onTestFinished(async () => {
    await sql(admin, `DROP DATABASE ${name} WITH (FORCE)`)
    await sql(admin, `DROP ROLE ${name}`)
  })
  const url = withDatabase(server, name)
  return { name, url, urlOfRole: url.replace(/\/\/[^@]*@/, `//${name}:of%20this%20test@`) }
}

test('a role that may not make tables is told the command that lets it, and is let in once it ran', async () => {
  const { name, url, urlOfRole } = await emptyDatabase()

  const refused = await migrateDatabase(urlOfRole, 'db/migrations')
  await sql(url, `ALTER DATABASE ${name} OWNER TO ${name}`)

  expect(refused).toEqual({
    kind: 'refused',
    problem: `The role "${name}" may not make tables in the database "${name}".`,
    remedy: `As a superuser: psql -c 'ALTER DATABASE ${name} OWNER TO ${name}'`,
    isFinal: false,
  })
  expect(await migrateDatabase(urlOfRole, 'db/migrations')).toMatchObject({ kind: 'migrated' })
})

test('a database of another program is refused in a sentence and stays as it is', async () => {
  const { name, url } = await emptyDatabase()
  await sql(url, 'CREATE TABLE roles (id integer)')

  const outcome = await migrateDatabase(url, 'db/migrations')

  expect(outcome).toMatchObject({ kind: 'refused', isFinal: true })
  expect(outcome).toMatchObject({
    problem: expect.stringMatching(`^The database "${name}" belongs to another program: relation "roles`),
  })
  expect(await sql(url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).toEqual([
    { tablename: 'roles' },
  ])
})

test('five that migrate at once: one does the work, all find it done', async () => {
  const { url } = await emptyDatabase()

  const outcomes = await Promise.all(Array.from({ length: 5 }, () => migrateDatabase(url, 'db/migrations')))

  const applied = outcomes.map((outcome) => (outcome.kind === 'migrated' ? outcome.applied : -1)).toSorted()
  expect(applied.slice(0, 4)).toEqual([0, 0, 0, 0])
  expect(applied[4]).toBeGreaterThan(2)
})

/** The migrations before the one that is named, as a folder of their own. */
function migrationsBefore(tag: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'migrations-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  cpSync('db/migrations', folder, { recursive: true })
  const file = join(folder, 'meta/_journal.json')
  const journal: { entries: { tag: string }[] } = JSON.parse(readFileSync(file, 'utf8'))
  const end = journal.entries.findIndex((entry) => entry.tag === tag)
  writeFileSync(file, JSON.stringify({ ...journal, entries: journal.entries.slice(0, end) }))
  return folder
}

test('invitations of before the update are found by their address after it, sign-ins go on meanwhile, and twice does no harm', async () => {
  const { url } = await emptyDatabase()
  await migrateDatabase(url, migrationsBefore('0009_erasure'))
  await sql(
    url,
    `INSERT INTO audit_events (name, actor, details) VALUES ('invitation_made', 'operator', '{"email":"anna@example.com"}'),
      ('signing_key_rotated', 'operator', '{"kid":"x"}')`,
  )
  const statements = readFileSync('db/migrations/0009_erasure.sql', 'utf8').split('--> statement-breakpoint')
  const migrating = new pg.Client({ connectionString: url })
  await migrating.connect()
  onTestFinished(() => migrating.end())
  await migrating.query('BEGIN')
  for (const statement of [...statements, ...statements]) await migrating.query(statement)

  // Before it commits: an event of a sign-in is written all the same.
  await sql(
    url,
    `SET lock_timeout = '1s'; INSERT INTO audit_events (name, actor) VALUES ('signed_in', 'user')`,
  )
  await migrating.query('COMMIT')

  expect(await migrateDatabase(url, 'db/migrations')).toMatchObject({ kind: 'migrated' })
  expect(await sql(url, 'SELECT email FROM audit_event_addresses')).toEqual([{ email: 'anna@example.com' }])
})
