import { chmodSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, inject, onTestFinished, test } from 'vitest'
import { freePort } from '#server/free-port.ts'
import { signIn } from '#test/support/api-client.ts'
import { createTestDatabase, sql, withDatabase } from '#test/support/database.ts'
import {
  exitOf,
  isReady,
  makeClone,
  type ProcessServer,
  removeClone,
  startProcess,
  startServer,
  strictVariables,
  until,
  untilReady,
} from '#test/support/process-server.ts'

let clone: string
beforeEach(() => {
  clone = makeClone()
})
afterEach(() => removeClone(clone))

function start(variables: Record<string, string>): ProcessServer {
  const server = startProcess({ clone, variables })
  onTestFinished(() => void server.process.kill('SIGKILL'))
  return server
}

/** A database name that nobody has made. */
async function missingDatabase(): Promise<string> {
  const { url, drop } = await createTestDatabase(inject('databaseServerUrl'))
  await drop()
  return url
}

async function port(): Promise<Record<string, string>> {
  return { PORT: String(await freePort()) }
}

test('strict mode refuses to start with all problems at once and exit code 78, and prints no secret', async () => {
  const server = start({
    DATABASE_URL: 'postgresql://nobody@localhost:1/none',
    AUTH_SECRET: 'short-and-canary-7Q',
    JWT_SECRET: 'your_jwt_secret_key',
    JWT_ALGORITHM: 'HS256',
    ALLOWED_ORIGINS: '*',
  })

  expect(await exitOf(server.process)).toBe(78)
  for (const setting of [
    'APP_URL',
    'AUTH_SECRET',
    'JWT_SECRET',
    'ALLOWED_ORIGINS',
    'MAIL_SERVER',
    'MAIL_FROM',
  ]) {
    expect(server.output()).toContain(`✗ ${setting} `)
  }
  expect(server.output()).toContain('the example of the old backend')
  expect(server.output()).not.toContain('canary-7Q')
})

test('settings are read from .env without expanding a dollar sign, and a set variable wins', async () => {
  const database = await missingDatabase()
  const variables = strictVariables(database, Number((await port())['PORT']))
  const { AUTH_SECRET, ...others } = variables
  writeFileSync(join(clone, '.env'), `AUTH_SECRET=${AUTH_SECRET}$HOME\nAPP_NAME=From the file\nPROT=1\n`)

  const server = start({ ...others, APP_NAME: 'From the process' })
  await untilReady(server)

  expect(server.output()).toContain('From the process')
  expect(server.output()).toContain('PROT is not a setting. Did you mean PORT?')
  await server.stop()
  writeFileSync(join(clone, '.env'), `AUTH_SECRET=${AUTH_SECRET}${process.env['HOME']}\n`)
  const expanded = start(others)
  expect(await exitOf(expanded.process)).toBe(78)
})

test('a trial needs no setting: database, secrets and accounts are kept across starts, the second ready within 3 s', async () => {
  const variables = await port()
  const first = start(variables)
  await untilReady(first, 40_000)
  const account = await signIn(first.client({ address: null }))
  const { mode } = statSync(join(clone, '.data'))
  const { code } = await first.stop()

  const startedMs = performance.now()
  const second = start(variables)
  await untilReady(second)
  const readyMs = performance.now() - startedMs
  const answer = await second.client({ address: null }).login(account)
  await second.stop()

  expect(code).toBe(0)
  expect(first.output()).not.toContain('"level":"error"')
  expect(first.output().split('"event":"stopping"')[1]).not.toMatch(/"level":"warn"|administrator/)
  expect(mode & 0o777).toBe(0o700)
  expect(readyMs).toBeLessThan(3_000)
  expect(answer.status).toBe(200)
  expect(() => readFileSync(join(clone, '.data', 'postgres', 'postmaster.pid'))).toThrow('ENOENT')
})

test('below a folder that only root may enter, the trial keeps its database elsewhere and says where', async () => {
  chmodSync(clone, 0o700)
  const server = start(await port())
  await untilReady(server, 40_000)
  const directory = /Database\s+(\S+)\/postgres/.exec(server.output())?.[1] ?? ''
  await server.stop()

  const isRoot = process.getuid?.() === 0
  expect(directory.startsWith(isRoot ? '/var/lib/session-management/' : clone)).toBe(true)
  rmSync(directory, { recursive: true, force: true })
})

test('a second server of the same folder says so, and the first goes on', async () => {
  const first = start(await port())
  await untilReady(first, 40_000)

  const second = start(await port())

  expect(await exitOf(second.process)).toBe(78)
  expect(second.output()).toContain(`already running (process ${first.process.pid})`)
  expect(await isReady(first)).toBe(true)
  await first.stop()
})

test('after a kill the next start takes over the database that was left running', async () => {
  const variables = await port()
  const first = start(variables)
  await untilReady(first, 40_000)
  const account = await signIn(first.client({ address: null }))
  await first.stop('SIGKILL')

  const second = start(variables)
  await untilReady(second, 40_000)
  const answer = await second.client({ address: null }).login(account)
  const { code } = await second.stop()

  expect(answer.status).toBe(200)
  expect(code).toBe(0)
  expect(() => readFileSync(join(clone, '.data', 'postgres', 'postmaster.pid'))).toThrow('ENOENT')
})

test('a taken port is a sentence', async () => {
  const taken = await freePort()
  const holder = createServer().listen(taken, '127.0.0.1')
  const server = start(strictVariables(await missingDatabase(), taken))

  expect(await exitOf(server.process)).toBe(78)
  expect(server.output()).toContain(`Port ${taken} on 127.0.0.1 is taken by another program.`)
  holder.close()
})

test('a missing database is made when the role may', async () => {
  const url = await missingDatabase()
  const server = await startServer({ clone, variables: strictVariables(url, await freePort()) })
  const account = await signIn(server.client())
  await server.stop()

  const [row] = await sql<{ email: string }>(url, 'SELECT email FROM users')
  expect(row?.email).toBe(account.email)
})

test('when the role may not make the database, the log has the command, and the server starts once it was run', async () => {
  const url = await missingDatabase()
  const name = url.split('/').at(-1)
  const admin = withDatabase(url, 'postgres')
  const role = `limited_${name}`
  await sql(admin, `CREATE ROLE ${role} LOGIN PASSWORD 'limited'`)
  const limited = url.replace(/\/\/[^@]+@/, `//${role}:limited@`)
  const server = start(strictVariables(limited, await freePort()))
  await until(
    () => server.output().includes('createdb'),
    10_000,
    () => server.output(),
  )
  const live = await fetch(`${server.url}/api/health/live`)
  const ready = await fetch(`${server.url}/api/health/ready`)

  await sql(admin, `CREATE DATABASE ${name} OWNER ${role}`)
  await untilReady(server)

  expect(server.output()).toContain(`createdb --owner=${role} ${name}`)
  expect([live.status, ready.status]).toEqual([200, 503])
  await server.stop()
})

test('five instances that start at once on an empty database all come up, and each migration ran once', async () => {
  const url = await missingDatabase()
  const servers = await Promise.all(
    Array.from({ length: 5 }, async () => start(strictVariables(url, await freePort()))),
  )
  await Promise.all(servers.map((server) => untilReady(server, 40_000)))

  const keys = await sql(url, 'SELECT kid FROM signing_keys')
  const migrations = await sql(url, 'SELECT hash FROM drizzle.__drizzle_migrations')
  const known = JSON.parse(readFileSync('db/migrations/meta/_journal.json', 'utf8')).entries
  const setupKeys = servers.map((server) => /"token":"([^"]+)"/.exec(server.output())?.[1])
  await Promise.all(servers.map((server) => server.stop()))

  expect(keys).toHaveLength(1)
  expect(migrations).toHaveLength(known.length)
  expect(new Set(setupKeys).size).toBe(1)
})

test('a database that is down at the start is waited for: alive, not ready, and everything else 503', async () => {
  const url = await missingDatabase()
  const nowhere = url.replace(/@[^/]+/, `@${encodeURIComponent(clone)}`)
  const server = start(strictVariables(nowhere, await freePort()))
  await until(
    () => server.output().includes('waiting for the database'),
    10_000,
    () => server.output(),
  )

  const [live, ready, me] = await Promise.all(
    ['/api/health/live', '/api/health/ready', '/api/auth/me'].map((path) => fetch(`${server.url}${path}`)),
  )

  expect([live?.status, ready?.status, me?.status]).toEqual([200, 503, 503])
  expect(me?.headers.get('retry-after')).toBe('1')
  expect((await server.stop()).code).toBe(0)
})

test('a database of a newer version is refused', async () => {
  const { url } = await createTestDatabase(inject('databaseServerUrl'))
  await sql(
    url,
    "INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('later', 9999999999999)",
  )
  const server = start(strictVariables(url, await freePort()))

  expect(await exitOf(server.process)).toBe(78)
  expect(server.output()).toContain('newer version')
})

test('another AUTH_SECRET than the one that sealed the signing keys is refused with what to do', async () => {
  const url = await missingDatabase()
  const variables = strictVariables(url, await freePort())
  await (await startServer({ clone, variables })).stop()

  const changed = start({ ...variables, AUTH_SECRET: 'another root secret than the one before it' })
  expect(await exitOf(changed.process)).toBe(78)
  expect(changed.output()).toContain('AUTH_SECRET=new,old')

  const both = `another root secret than the one before it,${variables['AUTH_SECRET']}`
  const rotated = start({ ...variables, AUTH_SECRET: both })
  await untilReady(rotated)
  await rotated.stop()
})

test('an unknown DEFAULT_ROLE is refused', async () => {
  const variables = strictVariables(await missingDatabase(), await freePort())
  const server = start({ ...variables, DEFAULT_ROLE: 'CAPTAIN' })

  expect(await exitOf(server.process)).toBe(78)
  expect(server.output()).toContain('DEFAULT_ROLE is CAPTAIN')
})

test('the start names the pages for developers, and they are there', async () => {
  const { url } = await createTestDatabase(inject('databaseServerUrl'))
  const server = await startServer({ clone, variables: strictVariables(url, await freePort()) })
  onTestFinished(() => void server.process.kill('SIGKILL'))

  const [, docs = ''] = /^ {2}Docs {6}(\S+)$/m.exec(server.output()) ?? []

  expect(docs).toBe(`${server.url}/docs/start`)
  expect((await fetch(docs)).status).toBe(200)
})
