import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '#test/support/database.ts'
import { type Connection, type Database, normaliseDatabaseUrl, openDatabase } from './connection.ts'
import { isDatabaseUnavailable, violatedConstraint } from './errors.ts'

let testDatabase: TestDatabase
let database: Database
const idleErrors: Error[] = []

beforeAll(async () => {
  testDatabase = await createTestDatabase(inject('databaseServerUrl'))
  await testDatabase.sql('create table things (name text constraint things_name_key unique)')
  database = open({ poolSize: 4 })
})

afterAll(async () => {
  await database.close()
  await testDatabase.drop()
})

describe('the URL of the database', () => {
  test.each([
    'postgresql://',
    'postgres://',
    'postgresql+psycopg2://',
    'postgresql+psycopg://',
    'postgresql+asyncpg://',
    'postgres+psycopg2://',
    'POSTGRESQL+PSYCOPG2://',
  ])('%s is understood', (scheme) => {
    expect(normaliseDatabaseUrl(`${scheme}username:p%40ss@localhost:5432/session_db?sslmode=require`)).toBe(
      'postgresql://username:p%40ss@localhost:5432/session_db?sslmode=require',
    )
  })

  test.each([
    'postgresql://username:postgres+x://@localhost/session_db',
    'mysql+postgresql://localhost/session_db',
    'postgresql+://localhost/session_db',
  ])('only a scheme is replaced, and only at the beginning: %s', (url) => {
    expect(normaliseDatabaseUrl(url)).toBe(url)
  })

  test('the form of SQLAlchemy connects', async () => {
    const url = testDatabase.url.replace(/^postgresql:/, 'postgresql+psycopg2:')
    const own = openForThisTest({ url })

    expect(await run(own, 'select 1 as one')).toEqual([{ one: 1 }])
  })
})

describe('bigint', () => {
  test.each([
    ['0', 0],
    ['42', 42],
    ['-42', -42],
    ['9007199254740991', 2 ** 53 - 1],
    ['-9007199254740991', -(2 ** 53 - 1)],
  ])('%s is the number %d', async (text, value) => {
    expect(await run(database, 'select $1::bigint as id', [text])).toEqual([{ id: value }])
  })

  test.each(['9007199254740992', '9007199254740993', '-9007199254740992', '9223372036854775807'])(
    '%s is a fault, never a rounded number, and the connection stays in use',
    async (text) => {
      const own = openForThisTest({ poolSize: 1 })
      const pid = await backendPid(own)

      await expect(run(own, 'select $1::bigint as id', [text])).rejects.toThrow(RangeError)
      expect(await backendPid(own)).toBe(pid)
    },
  )

  test('a count is a number, null stays null, and other types are read as pg reads them', async () => {
    const [row] = await run(
      database,
      `select count(*) as count, null::bigint as nothing, 1::int as four, 1.5::numeric as exact,
        '{"a":1}'::jsonb as json, 'infinity'::timestamptz as never, '\\x01'::bytea as bytes`,
    )

    expect(row).toEqual({
      count: 1,
      nothing: null,
      four: 1,
      exact: '1.5',
      json: { a: 1 },
      never: Number.POSITIVE_INFINITY,
      bytes: Buffer.of(1),
    })
  })
})

describe('a transaction', () => {
  test('is committed when its work is done, and returns what the work returned', async () => {
    const outcome = await database.transaction(async (transaction) => {
      await insertThing(transaction, 'committed')
      return 'done'
    })

    expect(outcome).toBe('done')
    expect(await countThings('committed')).toBe(1)
  })

  test('leaves nothing behind when its work throws, and the error is the one that was thrown', async () => {
    const error = new Error('changed my mind')
    const work = database.transaction(async (transaction) => {
      await insertThing(transaction, 'rolled back')
      throw error
    })

    await expect(work).rejects.toBe(error)
    expect(await countThings('rolled back')).toBe(0)
  })

  test('is not seen by others before its commit', async () => {
    await database.transaction(async (transaction) => {
      await insertThing(transaction, 'not yet')
      expect(await countThings('not yet')).toBe(0)
    })

    expect(await countThings('not yet')).toBe(1)
  })

  test('a refused statement in it leaves the connection fit for the next transaction', async () => {
    const own = openForThisTest({ poolSize: 1 })
    const pid = await backendPid(own)
    await insertThing(own, 'taken')

    await expect(own.transaction((transaction) => insertThing(transaction, 'taken'))).rejects.toThrow(
      /unique/,
    )
    await own.transaction((transaction) => insertThing(transaction, 'free'))

    expect(await countThings('free')).toBe(1)
    expect(await backendPid(own)).toBe(pid)
  })

  test('its connection is lost in the middle: unavailable, nothing written, and the next one works', async () => {
    const own = openForThisTest({ poolSize: 1 })
    const work = own.transaction(async (transaction) => {
      await insertThing(transaction, 'lost')
      await terminate(await backendPid(transaction))
      await insertThing(transaction, 'lost too')
    })

    await expect(work).rejects.toSatisfy(isDatabaseUnavailable)
    expect(await own.transaction((transaction) => run(transaction, 'select 1 as one'))).toEqual([{ one: 1 }])
    expect(await countThings('lost')).toBe(0)
  })
})

describe('the pool', () => {
  test('a refused insert costs no connection', async () => {
    const own = openForThisTest({ poolSize: 1 })
    const pid = await backendPid(own)
    await insertThing(own, 'twice')

    const again = insertThing(own, 'twice')

    await expect(again).rejects.toSatisfy((error) => violatedConstraint(error) !== null)
    expect(await backendPid(own)).toBe(pid)
  })

  test('a connection that turned out to be read only, as after a failover, is not used again', async () => {
    const own = openForThisTest({ poolSize: 1 })
    const pid = await backendPid(own)
    const writing = own.transaction(async (transaction) => {
      await run(transaction, 'set transaction read only')
      await insertThing(transaction, 'read only')
    })

    await expect(writing).rejects.toSatisfy(isDatabaseUnavailable)
    expect(await backendPid(own)).not.toBe(pid)
  })

  test('a connection that the server ended while nobody used it is reported and replaced', async () => {
    const own = openForThisTest({ poolSize: 1 })
    const pid = await backendPid(own)
    const reported = idleErrors.length
    await terminate(pid)
    await expect.poll(() => idleErrors.length, { timeout: 5000 }).toBeGreaterThan(reported)

    expect(await backendPid(own)).not.toBe(pid)
  })

  test('it never has more connections than it may, and says how they are used', async () => {
    const own = openForThisTest({ poolSize: 2 })
    const gate = await ownLock()
    const work = Array.from({ length: 5 }, () =>
      run(own, 'select pg_advisory_xact_lock_shared($1)', [gate.key]),
    )
    await expect.poll(() => own.usage(), { timeout: 1500 }).toEqual({ total: 2, idle: 0, waiting: 3 })

    await gate.open()
    await Promise.all(work)

    expect(own.usage()).toEqual({ total: 2, idle: 2, waiting: 0 })
  })

  test('each connection has the limits that keep a request from waiting for ever', async () => {
    const names = [
      'statement_timeout',
      'lock_timeout',
      'idle_in_transaction_session_timeout',
      'application_name',
    ]
    const rows = await run(database, 'select name, setting from pg_settings where name = any($1)', [names])

    expect(Object.fromEntries(rows.map((row) => [row['name'], row['setting']]))).toEqual({
      statement_timeout: '2000',
      lock_timeout: '2000',
      idle_in_transaction_session_timeout: '10000',
      application_name: 'session-management',
    })
  })

  test.each([
    ['off', 'on'],
    ['local', 'local'],
    ['remote_apply', 'remote_apply'],
  ])('where the database says synchronous_commit %s, a commit waits for the disk: %s', async (set, found) => {
    const own = await createTestDatabase(inject('databaseServerUrl'))
    onTestFinished(() => own.drop())
    await own.sql(`ALTER DATABASE ${new URL(own.url).pathname.slice(1)} SET synchronous_commit = ${set}`)
    const pool = openForThisTest({ url: own.url })

    expect(await run(pool, `select current_setting('synchronous_commit') as commit`)).toEqual([
      { commit: found },
    ])
  })

  test.each([
    ['takes no more writes', 'read_only_sql_transaction'],
    ['is going down', 'admin_shutdown'],
  ])('when the server %s, no connection of before is used again, and who asked is told', async (_, state) => {
    const own = openForThisTest({ poolSize: 3 })
    let told = 0
    own.onRetired(() => {
      told += 1
    })
    const pids = async () => new Set(await Promise.all([1, 2, 3].map(() => backendPid(own))))
    const before = await pids()

    await expect(run(own, `do $$ begin raise ${state}; end $$`)).rejects.toSatisfy(isDatabaseUnavailable)

    expect(told).toBe(1)
    expect([...(await pids())].filter((pid) => before.has(pid))).toEqual([])
  })

  test('after closing nothing is asked any more', async () => {
    const own = open({})
    await own.close()

    await expect(run(own, 'select 1')).rejects.toSatisfy(isDatabaseUnavailable)
  })
})

function open({ url = testDatabase.url, poolSize = 2 }): Database {
  return openDatabase({ url, poolSize, onIdleError: (error) => void idleErrors.push(error) })
}

function openForThisTest(options: { url?: string; poolSize?: number }): Database {
  const own = open(options)
  onTestFinished(() => own.close())
  return own
}

function run(
  connection: Connection,
  text: string,
  values: unknown[] = [],
): Promise<Record<string, unknown>[]> {
  return connection.run({ name: text.slice(0, 63), text, values })
}

function insertThing(connection: Connection, name: string) {
  return run(connection, 'insert into things values ($1)', [name])
}

async function countThings(name: string): Promise<unknown> {
  const [row] = await testDatabase.sql('select count(*)::int as count from things where name = $1', [name])
  return row?.['count']
}

async function backendPid(connection: Connection): Promise<unknown> {
  const [row] = await run(connection, 'select pg_backend_pid() as pid')
  return row?.['pid']
}

async function terminate(pid: unknown): Promise<void> {
  await testDatabase.sql('select pg_terminate_backend($1, 5000)', [pid])
}

/** An advisory lock that a session of its own holds until `open`. */
async function ownLock() {
  const key = 7_001
  const holder = openForThisTest({ poolSize: 1 })
  await run(holder, 'select pg_advisory_lock($1)', [key])
  return { key, open: () => run(holder, 'select pg_advisory_unlock($1)', [key]) }
}
