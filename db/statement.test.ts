import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '#test/support/database.ts'
import { type Database, openDatabase } from './connection.ts'
import { sessions, users } from './schema.ts'
import { statement } from './statement.ts'

describe('a statement', () => {
  const find = statement<{ email: string; epoch: number }, { id: number }>(
    'find_of_this_test',
    (p) =>
      sql`select ${users.id} from ${users} where ${users.email} = ${p.email} and ${users.sessionEpoch} > ${p.epoch}`,
  )

  test('has its values beside its text, in the order of the text and not of the call', () => {
    expect(find({ epoch: 3, email: "'; drop table users; --" })).toEqual({
      name: 'find_of_this_test',
      text: 'select "users"."id" from "users" where "users"."email" = $1 and "users"."session_epoch" > $2',
      values: ["'; drop table users; --", 3],
    })
  })

  test('has one text for all values, so that the database can keep its plan', () => {
    expect(find({ email: 'a', epoch: 1 }).text).toBe(find({ email: 'b', epoch: 2 }).text)
    expect(find({ email: 'a', epoch: 1 }).name).toBe(find({ email: 'b', epoch: 2 }).name)
  })

  test('is built once, however often it is called', () => {
    let built = 0
    const counted = statement<{ id: number }>('counted_of_this_test', (p) => {
      built += 1
      return sql`select ${p.id}`
    })

    counted({ id: 1 })
    counted({ id: 2 })

    expect(built).toBe(1)
  })

  test('binds a parameter that occurs twice at both places, and values that the template holds itself', () => {
    const build = statement<{ now: string }>(
      'twice_of_this_test',
      (p) => sql`select ${p.now}, ${42}, ${p.now}, ${sessions.endedReason}`,
    )

    expect(build({ now: 'n' })).toMatchObject({
      text: 'select $1, $2, $3, "sessions"."ended_reason"',
      values: ['n', 42, 'n'],
    })
  })

  test('null and an empty list are values, a missing one is an error', () => {
    const build = statement<{ value: unknown }>('null_of_this_test', (p) => sql`select ${p.value}`)

    expect(build({ value: null }).values).toEqual([null])
    expect(build({ value: [] }).values).toEqual([[]])
    expect(() => build({} as { value: unknown })).toThrow(/value/)
  })
})

describe('in the database', () => {
  let testDatabase: TestDatabase
  let database: Database

  beforeAll(async () => {
    testDatabase = await createTestDatabase(inject('databaseServerUrl'))
    database = openDatabase({ url: testDatabase.url, poolSize: 1, onIdleError: () => {} })
  })

  afterAll(async () => {
    await database.close()
    await testDatabase.drop()
  })

  test('a value is data, whatever it looks like', async () => {
    const echo = statement<{ text: string }, { text: string }>(
      'echo_of_this_test',
      (p) => sql`select ${p.text}::text as "text"`,
    )

    for (const text of ["'; drop table users; --", '$1', '\\', '"', "''", 'é😀\n']) {
      expect(await database.run(echo({ text }))).toEqual([{ text }])
    }
  })

  test('a statement is prepared once on a connection, under its name', async () => {
    const double = statement<{ number: number }, { doubled: number }>(
      'double_of_this_test',
      (p) => sql`select ${p.number}::int * 2 as "doubled"`,
    )
    const prepared = statement<object, { name: string }>(
      'prepared_of_this_test',
      () => sql`select name from pg_prepared_statements where name = 'double_of_this_test'`,
    )

    for (const number of [1, 2, 3]) {
      expect(await database.run(double({ number }))).toEqual([{ doubled: number * 2 }])
    }

    expect(await database.run(prepared({}))).toEqual([{ name: 'double_of_this_test' }])
  })
})
