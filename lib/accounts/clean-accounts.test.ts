import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { insertSignInCode, noteSessionOfCode, spendSignInCode } from '#db/queries/sign-in-codes.ts'
import { serverForThisTest, type TestServer } from '#test/support/harness.ts'
import { cleanSignInCodes } from './clean-accounts.ts'

const person = {
  provider: 'oidc',
  issuer: 'https://provider.example',
  subject: 'the-subject-of-anna',
  email: 'anna@example.com',
  emailVerified: true,
  suggestedName: 'anna.of.the.provider',
}

async function codeOn({ runtime }: TestServer) {
  const code = { codeHash: randomUUID(), challenge: randomUUID() }
  await insertSignInCode(runtime.database, { ...person, ...code, lifetimeSeconds: 60 })
  return code
}

const rowsOf = ({ database }: TestServer) =>
  database.sql<{ code_hash: string }>('SELECT * FROM sign_in_codes')

test('a code of a sign-in that was used says nothing about a person any more, and still tells a thief', async () => {
  const own = await serverForThisTest()
  const code = await codeOn(own)
  const { database } = own.runtime

  const spent = await Promise.all(Array.from({ length: 20 }, () => spendSignInCode(database, code)))

  expect(spent.filter((one) => one !== null)).toEqual([person])
  const text = JSON.stringify(await rowsOf(own))
  for (const said of [person.subject, person.email, person.suggestedName]) expect(text).not.toContain(said)
  const sessionId = randomUUID()
  await noteSessionOfCode(database, { codeHash: code.codeHash, sessionId })
  await own.time.advance({ seconds: 3600 })
  await cleanSignInCodes(own.runtime)
  const kept = await own.database.sql('SELECT session_id FROM sign_in_codes')
  expect(kept).toEqual([{ session_id: sessionId }])
  await own.time.advance({ seconds: 61 })
  await cleanSignInCodes(own.runtime)
  expect(await rowsOf(own)).toEqual([])
})

test('a code that nobody used is removed as soon as it is over, however many there are', async () => {
  const own = await serverForThisTest()
  await codeOn(own)
  await own.database.sql(
    `INSERT INTO sign_in_codes (code_hash, challenge, provider, issuer, subject, email, email_verified, expires_at)
     SELECT 'over' || n, 'x', 'oidc', 'x', 'x', 'x@example.com', true, app_now() FROM generate_series(1, 2500) n`,
  )

  await cleanSignInCodes(own.runtime)

  expect(await rowsOf(own)).toHaveLength(1)
  await own.time.advance({ seconds: 60 })
  await cleanSignInCodes(own.runtime)
  expect(await rowsOf(own)).toEqual([])
})
