import { Agent } from 'node:http'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { migrateDatabase } from '#db/migrate.ts'
import type { EmbeddedDatabase } from '#server/embedded-database.ts'
import { freePort } from '#server/free-port.ts'
import { sql, withDatabase } from '#test/support/database.ts'
import { type DatabaseProxy, startDatabaseProxy } from '#test/support/database-proxy.ts'
import { createOwnPostgres } from '#test/support/own-postgres.ts'
import {
  makeClone,
  metricOf,
  type ProcessServer,
  removeClone,
  startServer,
  strictVariables,
  until,
} from '#test/support/process-server.ts'
import {
  askMe,
  manySessions,
  revoke,
  type SignedIn,
  type StaleReport,
  watchForStaleAnswers,
} from '#test/support/stale-answers.ts'

const clone = makeClone()
const postgres = createOwnPostgres()
const sessionCount = 24
const staleMsMax = 3000
const checksMin = 1000
/** Longer than anybody may still believe a session. */
const watchedMs = 4000

let database: EmbeddedDatabase
let proxy: DatabaseProxy
/** Reaches the database directly; sessions begin and end here. */
let healthy: ProcessServer
/** Reaches it by way of the proxy. */
let afflicted: ProcessServer

const startHealthy = async () =>
  startServer({ clone, variables: strictVariables(database.url.reveal(), await freePort()) })

const tsx = join(process.cwd(), 'node_modules/tsx/dist/esm/index.mjs')
const controlled = join(process.cwd(), 'test/support/controlled-server.ts')

/** Another process of the same deployment: the same public address, so that each takes the tokens of the other. */
const startAfflicted = async (variables: Record<string, string> = {}) => {
  const port = await freePort()
  return startServer({
    clone,
    entry: ['--import', tsx, controlled],
    variables: {
      ...strictVariables(proxy.url, port),
      APP_URL: healthy.url,
      ALLOWED_HOSTS: `localhost:${port}`,
      ...variables,
    },
  })
}

beforeAll(async () => {
  database = await postgres.start()
  proxy = await startDatabaseProxy(database.url.reveal())
  healthy = await startHealthy()
  afflicted = await startAfflicted()
})

afterAll(async () => {
  await afflicted?.stop('SIGKILL')
  await healthy?.stop('SIGKILL')
  proxy?.close()
  await database?.stop()
  removeClone(clone)
  postgres.remove()
})

/** Every session is in the memory of the afflicted server, and its feed is proven. */
async function warmed(server: ProcessServer): Promise<SignedIn[]> {
  await untilProven(server)
  const sessions = await manySessions(healthy, sessionCount)
  const agent = new Agent({ keepAlive: true })
  for (const { accessToken } of sessions) expect(await askMe(server, accessToken, agent)).toBe(200)
  agent.destroy()
  return sessions
}

function untilProven(server: ProcessServer): Promise<void> {
  return until(
    async () => (await metricOf(server, 'live_view_proven')) === 1,
    20_000,
    () => `the feed is not proven: ${eventsOf(server).slice(-20).join('\n')}`,
  )
}

const eventsOf = (server: ProcessServer) =>
  server
    .output()
    .split('\n')
    .filter((line) => line.includes('"event"'))

interface Fault {
  begin(): Promise<void> | void
  /** When half of the sessions are revoked. */
  between?(): Promise<void> | void
  end?(): Promise<void> | void
}

async function revokeDuring(fault: Fault, server: ProcessServer): Promise<StaleReport> {
  const sessions = await warmed(server)
  const watch = watchForStaleAnswers(server)
  await fault.begin()
  for (const [index, session] of sessions.entries()) {
    if (index === sessions.length / 2) await fault.between?.()
    watch.revoked(session.accessToken, await revoke(session))
  }
  await pause(500)
  await fault.end?.()
  const report = await watch.end(watchedMs)
  proxy.release()
  return report
}

function tell(name: string, { revocations, checks, latestStaleMs, byStatus }: StaleReport): void {
  console.log(
    `${name}: ${revocations} revocations, ${checks} checks after the 200, latest stale yes ` +
      `${latestStaleMs === 0 ? 'none' : `${latestStaleMs.toFixed(0)} ms`}, answers ${JSON.stringify(byStatus)}`,
  )
}

function requireNeverStale(name: string, report: StaleReport): void {
  tell(name, report)
  expect(report.revocations).toBe(sessionCount)
  expect(report.checks).toBeGreaterThan(checksMin)
  expect(report.latestStaleMs).toBeLessThanOrEqual(staleMsMax)
  expect(report.byStatus['401']).toBeGreaterThan(0)
}

const timers: { cutting?: NodeJS.Timeout } = {}

const faults: [string, Fault][] = [
  ['nothing is wrong', { begin: () => {} }],
  ['the listener is cut', { begin: () => proxy.cut('listener') }],
  [
    'the listener is cut again and again while sessions are revoked',
    {
      begin() {
        timers.cutting = setInterval(() => proxy.cut('listener'), 60)
      },
      end: () => clearInterval(timers.cutting),
    },
  ],
  ['the listener is black-holed', { begin: () => proxy.hold('listener') }],
  ['every connection is black-holed', { begin: () => proxy.hold('all'), end: () => proxy.release() }],
  [
    'answers of the database come late',
    { begin: () => proxy.delayAnswers(200), end: () => proxy.delayAnswers(0) },
  ],
  [
    'PostgreSQL is restarted',
    {
      begin: () => {},
      async between() {
        await database.stop()
        database = await postgres.start()
      },
    },
  ],
  [
    'PostgreSQL is killed',
    {
      begin: () => {},
      async between() {
        await postgres.kill()
        database = await postgres.start()
      },
    },
  ],
  [
    'PostgreSQL is frozen',
    {
      begin: () => {},
      between() {
        postgres.signal('SIGSTOP')
        setTimeout(() => postgres.signal('SIGCONT'), 4000)
      },
    },
  ],
  [
    'the server process stands still for five seconds',
    {
      async begin() {
        afflicted.process.kill('SIGSTOP')
        setTimeout(() => afflicted.process.kill('SIGCONT'), 5000)
      },
      end: () => pause(5000),
    },
  ],
]

describe('a session that was ended on one process is never believed by the other for longer than 3 s', () => {
  test.each(faults)('while %s', async (name, fault) => {
    requireNeverStale(name, await revokeDuring(fault, afflicted))
  })

  test('while a read is on its way that was sent before', async () => {
    requireNeverStale('a read is overtaken', await revokeDuringLoads(afflicted))
  })

  test('when its listener points at another database', async () => {
    const elsewhere = withDatabase(database.url.reveal(), 'another_database')
    await sql(database.url.reveal(), 'CREATE DATABASE another_database')
    await migrateDatabase(elsewhere, 'db/migrations')
    const lost = await startAfflicted({ TEST_FEED_URL: elsewhere })
    const sessions = await manySessions(healthy, sessionCount)
    const watch = watchForStaleAnswers(lost)
    for (const session of sessions) watch.revoked(session.accessToken, await revoke(session))
    const report = await watch.end(watchedMs)
    expect(await metricOf(lost, 'live_view_proven')).toBe(0)
    await lost.stop()
    requireNeverStale('the listener points at another database', report)
  })
})

/** Sessions that are not in memory: each is asked for, and revoked while the answer of the database is on its way. */
async function revokeDuringLoads(server: ProcessServer): Promise<StaleReport> {
  await untilProven(server)
  const sessions = await manySessions(healthy, sessionCount)
  const watch = watchForStaleAnswers(server)
  const agent = new Agent({ keepAlive: true })
  for (const session of sessions) {
    proxy.delayAnswers(150)
    const asked = askMe(server, session.accessToken, agent)
    await pause(40)
    const atMs = await revoke(session)
    await asked
    proxy.delayAnswers(0)
    watch.revoked(session.accessToken, atMs)
  }
  agent.destroy()
  return watch.end(watchedMs)
}

describe('control runs: without a control somebody is believed, so the runs above prove something', () => {
  test('without beats a black-holed listener is trusted', async () => {
    const blind = await startAfflicted({ TEST_WITHOUT: 'heartbeat' })
    const report = await revokeDuring({ begin: () => proxy.hold('listener') }, blind)
    await blind.stop('SIGKILL')
    tell('control, without beats', report)
    expect(report.latestStaleMs).toBeGreaterThan(staleMsMax)
  })

  test('without the check of loads a read that was overtaken is kept', async () => {
    const hasty = await startAfflicted({ TEST_WITHOUT: 'load-epoch' })
    const report = await revokeDuringLoads(hasty)
    await hasty.stop('SIGKILL')
    tell('control, without the check of loads', report)
    expect(report.latestStaleMs).toBeGreaterThan(staleMsMax)
  })
})
