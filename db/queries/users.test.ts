import { randomBytes } from 'node:crypto'
import { expect, inject, onTestFinished, test } from 'vitest'
import { operatorEvent } from '#lib/audit/audit-event.ts'
import { sql, withDatabase } from '#test/support/database.ts'
import { openDatabase } from '../connection.ts'
import { migrateDatabase } from '../migrate.ts'
import { findSignInCandidate, insertUserWithPassword } from './users.ts'

/** A migrated database of a locale, as an operator may bring one. */
async function databaseOfLocale(locale: string) {
  const name = `users_${randomBytes(6).toString('hex')}`
  const admin = withDatabase(inject('databaseServerUrl'), 'postgres')
  const url = withDatabase(inject('databaseServerUrl'), name)
  await sql(admin, `CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8' ${locale}`)
  await migrateDatabase(url, 'db/migrations')
  const database = openDatabase({ url, poolSize: 2, onIdleError: () => {} })
  onTestFinished(async () => {
    await database.close()
    await sql(admin, `DROP DATABASE ${name} WITH (FORCE)`)
  })
  return database
}

const names = ['anna', 'Iris', 'ΟΔΥΣΣΕΥΣ', 'Мария', 'Łucja', 'straße']
const spellings = [
  ...names.flatMap((name) => [name, name.toLowerCase(), name.toUpperCase()]),
  ...['ıris', 'İris', 'İRİS', 'οδυσσευσ', 'anna@example.com', 'ANNA@EXAMPLE.COM', 'nobody', ''],
]

// What a letter's lower case is differs: C knows ASCII only, ICU writes a final sigma, Turkish has two letters I.
test.each([
  "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'",
  "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'PG_UNICODE_FAST'",
  "LOCALE_PROVIDER libc LOCALE 'C'",
  "LOCALE_PROVIDER icu ICU_LOCALE 'und'",
  "LOCALE_PROVIDER icu ICU_LOCALE 'tr'",
])(
  'an account is found by its own spelling and exactly by those that fold to the same, with %s',
  async (locale) => {
    const database = await databaseOfLocale(locale)
    const accounts = [
      ...names.map((username, n) => ({ email: `user${n}@example.org`, username, own: username })),
      { email: 'Anna@example.com', username: 'by-address', own: 'Anna@example.com' },
    ]
    for (const account of accounts) {
      await insertUserWithPassword(database, {
        ...account,
        passwordHash: 'a hash',
        roles: [],
        event: operatorEvent('administrator_created'),
        mail: '[]',
        isVerified: false,
      })
    }

    for (const { email, username, own } of accounts) {
      const { candidate, folded } = await findSignInCandidate(database, own)
      expect(candidate, own).toMatchObject({ email, username, passwordHash: 'a hash' })
      for (const spelling of spellings) {
        const other = await findSignInCandidate(database, spelling)
        expect(other.candidate?.id === candidate?.id, `${own} by ${spelling}`).toBe(other.folded === folded)
      }
    }
  },
)

test('nobody is found by no identifier, nor by one that no account has', async () => {
  const database = await databaseOfLocale("LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'")

  expect(await findSignInCandidate(database, null)).toEqual({
    candidate: null,
    folded: null,
    pendingHash: null,
  })
  expect(await findSignInCandidate(database, 'Nobody')).toEqual({
    candidate: null,
    folded: 'nobody',
    pendingHash: null,
  })
})
