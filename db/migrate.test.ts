import { randomBytes } from 'node:crypto'
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
