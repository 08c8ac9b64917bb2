import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, expect, inject, onTestFinished, test } from 'vitest'
import { openDatabase } from '#db/connection.ts'
import { deriveRootKeys } from '#lib/crypto/root-keys.ts'
import { Secret } from '#lib/crypto/secret.ts'
import { peekLink } from '#lib/links/links.ts'
import { freePort } from '#server/free-port.ts'
import { newAccount, signIn } from '#test/support/api-client.ts'
import { makeCertificate } from '#test/support/certificate.ts'
import { createTestDatabase, type TestDatabase } from '#test/support/database.ts'
import { startDatabaseProxy } from '#test/support/database-proxy.ts'
import {
  exitOf,
  makeClone,
  type ProcessServer,
  removeClone,
  startProcess,
  startServer,
  strictVariables,
  until,
} from '#test/support/process-server.ts'
import { type SmtpSink, type SunkMail, sinkVariables } from '#test/support/smtp-sink.ts'
import { startSink } from '#test/support/start-sink.ts'

const clone = makeClone()
afterAll(() => removeClone(clone))

interface Stage {
  database: TestDatabase
  sink: SmtpSink
  variables: Record<string, string>
  start(more?: Record<string, string>): Promise<ProcessServer>
}

/** A database, an SMTP server, and servers that use both; all gone when the test ends. */
async function setStage(sink?: SmtpSink, more: Record<string, string> = {}): Promise<Stage> {
  const database = await createTestDatabase(inject('databaseServerUrl'))
  const smtp = sink ?? (await startSink())
  const variables = { ...strictVariables(database.url, await freePort()), ...sinkVariables(smtp), ...more }
  return {
    database,
    sink: smtp,
    variables,
    async start(own = {}) {
      const server = await startServer({ clone, variables: { ...variables, ...own } })
      onTestFinished(() => kill(server))
      return server
    },
  }
}

async function startWorker({ variables }: Stage, own: Record<string, string> = {}): Promise<ProcessServer> {
  const worker = startProcess({ clone, variables: { ...variables, ...own }, entry: ['dist/worker.mjs'] })
  onTestFinished(() => kill(worker))
  await until(
    () => worker.output().includes('worker_started'),
    20_000,
    () => worker.output(),
  )
  return worker
}

async function kill({ process: child }: ProcessServer): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const left = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await left
}

/** Lets time pass for everything that waits for it in the database: leases, attempts and jobs. */
async function passTime({ database }: Pick<Stage, 'database'>, seconds: number): Promise<void> {
  await database.sql('UPDATE test_clock SET offset_seconds = offset_seconds + $1', [seconds])
  await database.sql(
    'UPDATE graphile_worker._private_jobs SET run_at = run_at - make_interval(secs => $1) WHERE locked_at IS NULL',
    [seconds],
  )
}

/** Lets time pass until so many messages were taken. */
async function untilTaken(stage: Stage, count: number, msMax: number): Promise<void> {
  const deadlineMs = performance.now() + msMax
  while (stage.sink.mails.length < count) {
    if (performance.now() > deadlineMs)
      throw new Error(`${stage.sink.mails.length} of ${count} messages were taken`)
    await passTime(stage, 150)
    await pause(500)
  }
}

async function verdictsOf({ database, variables }: Stage, mails: readonly SunkMail[]): Promise<string[]> {
  const connection = openDatabase({ url: database.url, poolSize: 4, onIdleError: () => {} })
  const roots = deriveRootKeys([new Secret(variables['AUTH_SECRET'] ?? '')])
  const verdicts = await Promise.all(
    mails.map(async ({ link }) => {
      const token = new URL(link).searchParams.get('token') ?? ''
      return (await peekLink({ roots }, connection, { purpose: 'verify_email', token })).kind
    }),
  )
  await connection.close()
  return verdicts
}

const distinct = (mails: readonly SunkMail[]) => new Set(mails.map(({ messageId }) => messageId)).size

test('an SMTP server that is down at the start and for an hour: 500 of 500 registrations get their message, once, with a link that works', async () => {
  const stage = await setStage()
  await stage.sink.stop()
  const server = await stage.start()
  const accounts = Array.from({ length: 500 }, () => newAccount())

  const queue = [...accounts]
  const register = async () => {
    for (let account = queue.pop(); account; account = queue.pop())
      expect((await server.client().register(account)).status).toBe(200)
  }
  await Promise.all(Array.from({ length: 8 }, register))
  for (let minute = 0; minute < 60; minute += 5) {
    await passTime(stage, 300)
    await pause(150)
  }
  expect((await fetch(`${server.url}/api/health/ready`)).status).toBe(200)
  await stage.sink.start()
  await untilTaken(stage, 500, 90_000)

  const { mails } = stage.sink
  expect(distinct(mails)).toBe(500)
  expect(mails).toHaveLength(500)
  expect(new Set(mails.flatMap(({ recipients }) => recipients))).toEqual(
    new Set(accounts.map(({ email }) => email)),
  )
  expect(new Set(await verdictsOf(stage, mails))).toEqual(new Set(['ok']))
  expect(new Set(mails.map(({ link }) => link)).size).toBe(500)
  expect(
    await stage.database.sql("SELECT count(*)::int AS left FROM mail_messages WHERE state <> 'sent'"),
  ).toEqual([{ left: 0 }])
})

test('a server that is killed between commit and send: the message is delivered once', async () => {
  const stage = await setStage()
  stage.sink.script.connect = 'hang'
  const server = await stage.start()
  await server.client().register()
  await until(
    () => stage.sink.connections() > 0,
    10_000,
    () => 'nobody connected',
  )
  await kill(server)
  stage.sink.script = {}

  await stage.start()
  await untilTaken(stage, 1, 60_000)

  expect(stage.sink.mails).toHaveLength(1)
  expect(await verdictsOf(stage, stage.sink.mails)).toEqual(['ok'])
})

test('a server that is killed between send and mark: one duplicate at most, with the same Message-ID and link', async () => {
  const stage = await setStage()
  stage.sink.script.data = 'hang-after'
  const server = await stage.start()
  await server.client().register()
  await until(
    () => stage.sink.mails.length === 1,
    10_000,
    () => 'not sent',
  )
  await kill(server)
  stage.sink.script = {}

  const worker = await startWorker(stage)
  await untilTaken(stage, 2, 60_000)
  await passTime(stage, 3600)
  await pause(1500)

  const [first, second] = stage.sink.mails
  expect(stage.sink.mails).toHaveLength(2)
  expect(second?.messageId).toBe(first?.messageId)
  expect(second?.link).toBe(first?.link)
  expect(await verdictsOf(stage, stage.sink.mails.slice(0, 1))).toEqual(['ok'])
  worker.process.kill('SIGTERM')
  expect(await exitOf(worker.process)).toBe(0)
})

test('with JOBS=worker a server sends nothing, and npm run worker does', async () => {
  const stage = await setStage()
  const server = await stage.start({ JOBS: 'worker' })
  await server.client().register()
  await pause(1000)
  expect(stage.sink.connections()).toBe(0)

  await startWorker(stage, { JOBS: 'worker' })
  await until(
    () => stage.sink.mails.length === 1,
    10_000,
    () => 'not sent',
  )
})

test('an SMTP server that says nothing does not slow a request, and what waits goes out when it speaks again', async () => {
  const stage = await setStage()
  const server = await stage.start()
  const client = server.client()
  await signIn(client)
  await until(
    () => stage.sink.mails.length > 0,
    10_000,
    () => 'not sent',
  )
  const measure = async () => {
    const times: number[] = []
    for (let request = 0; request < 400; request += 1) {
      const startedMs = performance.now()
      expect((await client.send('/api/auth/me')).status).toBe(200)
      times.push(performance.now() - startedMs)
    }
    return times.toSorted((a, b) => a - b)[200] ?? 0
  }
  const idleMs = await measure()

  stage.sink.script.connect = 'hang'
  const before = stage.sink.mails.length
  const registered = await Promise.all(Array.from({ length: 30 }, () => server.client().register()))
  expect(registered.filter(({ status }) => status !== 200)).toEqual([])
  await until(
    () => stage.sink.connections() > 1,
    15_000,
    () => 'nobody connected',
  )
  const waitingMs = await measure()
  stage.sink.script = {}
  await untilTaken(stage, before + 30, 60_000)

  expect(waitingMs, `median while idle ${idleMs} ms`).toBeLessThan(idleMs * 1.5 + 1)
  expect(distinct(stage.sink.mails)).toBe(stage.sink.mails.length)
})

test('a database whose connections are cut and held: the server stays, and mail flows again afterwards', async () => {
  const stage = await setStage()
  const proxy = await startDatabaseProxy(stage.database.url)
  onTestFinished(() => proxy.close())
  const server = await stage.start({ DATABASE_URL: proxy.url })
  await server.client().register()
  await until(
    () => stage.sink.mails.length === 1,
    15_000,
    () => server.output(),
  )

  for (let round = 0; round < 5; round += 1) {
    proxy.cut('all')
    await pause(300)
  }
  proxy.hold('all')
  await pause(4000)
  proxy.release()
  await until(
    async () => (await server.client().register()).status === 200,
    20_000,
    () => server.output(),
  )
  await untilTaken(stage, 2, 40_000)

  expect(server.process.exitCode).toBeNull()
  expect(server.output()).not.toContain('unhandled_rejection')
})

test('two workers send 10,000 messages 10,000 times', async () => {
  const stage = await setStage(await startSink({ countsOnly: true }))
  await stage.database.sql(`
    INSERT INTO mail_messages (id, template, recipient, parameters)
    SELECT gen_random_uuid(), 'welcome', 'user' || n || '@example.com', '{"username":"anna"}'
    FROM generate_series(1, 10000) n`)
  const startedMs = performance.now()

  await Promise.all([startWorker(stage), startWorker(stage)])
  await until(
    () => stage.sink.mails.length >= 10_000,
    400_000,
    () => `${stage.sink.mails.length} were sent`,
  )
  await until(
    async () => {
      const [row] = await stage.database.sql<{ left: number }>(
        "SELECT count(*)::int AS left FROM mail_messages WHERE state <> 'sent'",
      )
      return row?.left === 0
    },
    10_000,
    () => 'not all are marked',
  )

  console.log(`10,000 messages in ${Math.round(performance.now() - startedMs)} ms`)
  expect(stage.sink.mails).toHaveLength(10_000)
  expect(distinct(stage.sink.mails)).toBe(10_000)
  const attempts = await stage.database.sql('SELECT DISTINCT attempts FROM mail_messages')
  expect(attempts).toEqual([{ attempts: 1 }])
})

test('mail goes over STARTTLS to a server with a certificate that is trusted, and to no other', async () => {
  const certificate = makeCertificate()
  const folder = mkdtempSync(join(tmpdir(), 'session-management-ca-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'ca.pem'), certificate.cert)
  const tls = { MAIL_TLS: 'required', MAIL_SERVER: 'localhost' }
  const stage = await setStage(await startSink({ ...certificate }), tls)
  const stranger = await stage.start()
  await stranger.client().register()
  await until(
    () => stranger.output().includes('mail_setup_failed'),
    15_000,
    () => stranger.output(),
  )
  expect(stage.sink.mails).toEqual([])
  await kill(stranger)

  await stage.start({ NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem') })
  await untilTaken(stage, 1, 60_000)

  expect(stage.sink.mails[0]?.isSecure).toBe(true)
})
