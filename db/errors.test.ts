import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '#test/support/database.ts'
import { type Connection, type Database, openDatabase } from './connection.ts'
import { constraints } from './constraints.ts'
import { isConnectionLost, isDatabaseUnavailable, violatedConstraint } from './errors.ts'

let testDatabase: TestDatabase
let database: Database

beforeAll(async () => {
  testDatabase = await createTestDatabase(inject('databaseServerUrl'))
  database = open(testDatabase.url)
})

afterAll(async () => {
  await database.close()
  await testDatabase.drop()
})

describe('codes', () => {
  test.each([
    ['ECONNREFUSED', 'nobody listens'],
    ['ECONNRESET', 'the other end broke off'],
    ['ENOENT', 'the socket is not there'],
    ['EPIPE', 'written to a closed connection'],
    ['ETIMEDOUT', 'no answer'],
    ['EHOSTUNREACH', 'no way there'],
    ['ENETUNREACH', 'no network'],
    ['ENOTFOUND', 'no such name'],
    ['EAI_AGAIN', 'no name server'],
    ['EACCES', 'the socket may not be opened'],
    ['08000', 'connection exception'],
    ['08006', 'connection failure'],
    ['57P01', 'shutdown by an administrator'],
    ['57P02', 'crash'],
    ['57P03', 'starting up'],
    ['25006', 'not the primary any more'],
  ])('%s (%s) loses the connection and is no fault of the request', (code) => {
    expect(verdict(errorWith(code))).toEqual({ isLost: true, isUnavailable: true, violated: null })
  })

  test.each([
    ['53100', 'disk full'],
    ['53300', 'too many connections'],
    ['57014', 'cancelled by the statement timeout'],
    ['55P03', 'a lock that was not had in time'],
    ['40001', 'serialisation'],
    ['40P01', 'deadlock'],
    ['58030', 'input or output of the server'],
  ])('%s (%s) may pass: unavailable, and the connection is kept', (code) => {
    expect(verdict(errorWith(code))).toEqual({ isLost: false, isUnavailable: true, violated: null })
  })

  test.each([
    ['23503', 'a foreign key'],
    ['23514', 'a check'],
    ['22021', 'a character that text cannot hold'],
    ['42601', 'a syntax error'],
    ['42P01', 'a table that is not there'],
    ['42501', 'a right that the role lacks'],
    ['28P01', 'a wrong password'],
    ['3D000', 'a database that is not there'],
    ['', 'no code'],
  ])('%s (%s) is a fault: neither', (code) => {
    expect(verdict(errorWith(code))).toEqual({ isLost: false, isUnavailable: false, violated: null })
  })

  test.each([
    [undefined],
    [null],
    ['ECONNREFUSED'],
    [{ code: 'ECONNREFUSED', message: 'Connection terminated' }],
    [new Error('no code')],
    [Object.assign(new Error('a number'), { code: 57_014 })],
    [new TypeError('the connection terminated')],
  ])('what is no error of the database is none: %s', (error) => {
    expect(verdict(error)).toEqual({ isLost: false, isUnavailable: false, violated: null })
  })

  test('a unique violation names its constraint, and only that does', () => {
    const violation = Object.assign(errorWith('23505'), { constraint: constraints.usersEmail })

    expect(verdict(violation)).toEqual({ isLost: false, isUnavailable: false, violated: 'users_email_key' })
    expect(verdict(Object.assign(errorWith('23503'), { constraint: 'x' })).violated).toBeNull()
  })
})

describe('what pg and PostgreSQL really say', () => {
  test('an address and a user name that are taken, each by its constraint', async () => {
    await insertUser(database, 'a@example.com', 'first')

    expect(verdict(await errorOf(insertUser(database, 'a@example.com', 'second'))).violated).toBe(
      constraints.usersEmail,
    )
    expect(verdict(await errorOf(insertUser(database, 'A@Example.COM', 'third'))).violated).toBe(
      constraints.usersEmail,
    )
    expect(verdict(await errorOf(insertUser(database, 'b@example.com', 'FIRST'))).violated).toBe(
      constraints.usersUsername,
    )
  })

  test('a statement that was cut off, and a lock that was not had in time', async () => {
    const slow = database.transaction(async (transaction) => {
      await run(transaction, "set local statement_timeout = '20ms'")
      await run(transaction, 'select pg_sleep(10)')
    })
    expect(await errorOf(slow)).toMatchObject({ code: '57014' })

    await database.transaction(async (holder) => {
      await run(holder, 'lock table roles')
      const waiting = database.transaction(async (transaction) => {
        await run(transaction, "set local lock_timeout = '20ms'")
        await run(transaction, 'lock table roles')
      })
      expect(await errorOf(waiting)).toMatchObject({ code: '55P03' })
    })
  })

  test('writing where only reading is possible', async () => {
    const writing = database.transaction(async (transaction) => {
      await run(transaction, 'set transaction read only')
      await insertUser(transaction, 'c@example.com', 'reader')
    })

    expect(verdict(await errorOf(writing))).toMatchObject({ isLost: true, isUnavailable: true })
  })

  test('a connection that the server ends in the middle of a statement', async () => {
    const own = openForThisTest(testDatabase.url)
    const [row] = await run(own, 'select pg_backend_pid() as pid')
    const sleeping = errorOf(run(own, 'select pg_sleep(10)'))
    await expect.poll(() => isSleeping(row?.['pid']), { timeout: 1500 }).toBe(true)
    await testDatabase.sql('select pg_terminate_backend($1)', [row?.['pid']])

    expect(verdict(await sleeping)).toMatchObject({ isLost: true, isUnavailable: true })
  })

  test('a port where nobody listens, and a socket that is not there', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    await new Promise((resolve) => server.close(resolve))

    for (const address of [`127.0.0.1:${port}`, '%2Fno%2Fsuch%2Ffolder']) {
      const own = openForThisTest(`postgresql://postgres:x@${address}/postgres`)
      expect(verdict(await errorOf(run(own, 'select 1')))).toMatchObject({
        isLost: true,
        isUnavailable: true,
      })
    }
  })

  test('a server that takes connections and says nothing', async () => {
    const proxy = await proxyForThisTest({ isFrozen: true })
    const own = openForThisTest(proxy.url)

    expect(verdict(await errorOf(run(own, 'select 1')))).toMatchObject({ isLost: true, isUnavailable: true })
  })

  test('a server that stops answering in the middle, for the one that asked and for those that wait', async () => {
    const proxy = await proxyForThisTest({ isFrozen: false })
    const own = openForThisTest(proxy.url, 1)
    expect(await run(own, 'select 1 as one')).toEqual([{ one: 1 }])
    proxy.freeze()

    const errors = await Promise.all([errorOf(run(own, 'select 2')), errorOf(run(own, 'select 3'))])

    expect(errors.map((error) => (error as Error).message)).toEqual([
      'Query read timeout',
      'timeout exceeded when trying to connect',
    ])
    for (const error of errors) expect(verdict(error)).toMatchObject({ isLost: true, isUnavailable: true })
  })

  test('after one statement without an answer the next are refused at once, and half a second later asked again', async () => {
    const proxy = await proxyForThisTest({ isFrozen: false })
    const own = openForThisTest(proxy.url, 1)
    await run(own, 'select 1')
    proxy.freeze()
    await errorOf(run(own, 'select 2'))

    const startedMs = performance.now()
    const refused = await errorOf(run(own, 'select 3'))
    const refusedMs = performance.now() - startedMs

    expect(verdict(refused)).toMatchObject({ isLost: true, isUnavailable: true })
    expect(refusedMs).toBeLessThan(50)
    // Only what was open is frozen: a new connection gets through.
    await expect.poll(() => run(own, 'select 4 as four').catch(() => null), { timeout: 1500 }).not.toBe(null)
  })

  test('a connection that breaks in the middle of a statement', async () => {
    const proxy = await proxyForThisTest({ isFrozen: false })
    const own = openForThisTest(proxy.url, 1)
    await run(own, 'select 1')
    const asking = errorOf(run(own, 'select pg_sleep(10)'))
    proxy.cut()

    expect(verdict(await asking)).toMatchObject({ isLost: true, isUnavailable: true })
  })
})

function verdict(error: unknown) {
  return {
    isLost: isConnectionLost(error),
    isUnavailable: isDatabaseUnavailable(error),
    violated: violatedConstraint(error),
  }
}

function errorWith(code: string): Error {
  return Object.assign(new Error('from the database'), { code })
}

async function errorOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => expect.fail('nothing was refused'),
    (error: unknown) => error,
  )
}

function run(connection: Connection, text: string): Promise<Record<string, unknown>[]> {
  return connection.run({ name: text.slice(0, 63), text, values: [] })
}

function insertUser(connection: Connection, email: string, username: string) {
  return connection.run({
    name: 'insert_user_of_this_test',
    text: 'insert into users (email, username) values ($1, $2)',
    values: [email, username],
  })
}

async function isSleeping(pid: unknown): Promise<boolean> {
  const text = "select 1 from pg_stat_activity where pid = $1 and wait_event = 'PgSleep'"
  const rows = await testDatabase.sql(text, [pid])
  return rows.length === 1
}

function open(url: string, poolSize = 2): Database {
  return openDatabase({ url, poolSize, onIdleError: () => {} })
}

function openForThisTest(url: string, poolSize?: number): Database {
  const own = open(url, poolSize)
  onTestFinished(() => own.close())
  return own
}

/** A way to the server that can stop passing anything on, or break. */
async function proxyForThisTest({ isFrozen }: { isFrozen: boolean }) {
  const { host, port, user, password, database: name } = new pg.Client({ connectionString: testDatabase.url })
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    sockets.add(client)
    client.on('error', () => {})
    if (isFrozen) return
    const upstream = host.startsWith('/') ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host)
    sockets.add(upstream)
    upstream.on('error', () => {})
    client.pipe(upstream).pipe(client)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  onTestFinished(() => {
    cut()
    server.close()
  })
  const address = `127.0.0.1:${(server.address() as { port: number }).port}`
  return {
    url: `postgresql://${user}:${encodeURIComponent(password ?? '')}@${address}/${name}`,
    freeze() {
      for (const socket of sockets) socket.unpipe().pause()
    },
    cut,
  }
}
