import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer as createSocketServer, type Server } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { findTriggerDamage } from '#db/queries/announcing-triggers.ts'
import { deriveRootKeys } from '#lib/crypto/root-keys.ts'
import { Secret } from '#lib/crypto/secret.ts'
import { createRuntime } from '#lib/runtime/create-runtime.ts'
import { createLog } from '#lib/runtime/log.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import { rotateSigningKey } from '#lib/session/signing-keys.ts'
import { serverForThisTest, type TestServer } from '#test/support/harness.ts'
import { sinkVariables } from '#test/support/smtp-sink.ts'
import { startSink } from '#test/support/start-sink.ts'
import { examine, type Finding } from './examine.ts'

const migrations = 'db/migrations'

async function findings(runtime: Runtime): Promise<Record<string, Finding>> {
  const all = await examine(runtime, migrations)
  return Object.fromEntries(all.map((finding) => [finding.check, finding]))
}

/** Listens on a free port of this machine until the test ends. */
async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

/** An installation whose public address leads to `answer`. */
async function reachable(answer: (own: TestServer) => { status: number; body: unknown }) {
  const holder: { own?: TestServer } = {}
  const port = await listening(
    createHttpServer((_, outgoing) => {
      const { status, body } = holder.own ? answer(holder.own) : { status: 503, body: null }
      outgoing.writeHead(status).end(JSON.stringify(body))
    }),
  )
  holder.own = await serverForThisTest({ APP_URL: `http://127.0.0.1:${port}` })
  const kids = await holder.own.database.sql<{ kid: string }>('SELECT kid FROM signing_keys')
  return { own: holder.own, kids: kids.map(({ kid }) => ({ kid })) }
}

test('an installation where all is well: nothing has failed, and nothing is to be done', async () => {
  const published: { kid: string }[] = []
  const { own, kids } = await reachable(() => ({ status: 200, body: { keys: published } }))
  published.push(...kids)

  const found = await findings(own.runtime)

  expect(Object.keys(found)).toEqual([
    ...[
      'database',
      'migrations',
      'change feed',
      'triggers',
      'keys',
      'mail',
      'mail queue',
      'clock',
      'address',
      'proxy',
      'origins',
    ],
  ])
  for (const finding of Object.values(found)) expect(finding.state, finding.detail).toBe('ok')
})

test('it changes nothing: no row is written, and no session is forgotten', async () => {
  const own = await serverForThisTest()
  const tables = ['settings', 'signing_keys', 'users', 'sessions', 'roles']
  const rows = () =>
    Promise.all(tables.map((table) => own.database.sql(`SELECT xmin::text, * FROM ${table} ORDER BY 2`)))
  const before = await rows()

  await findings(own.runtime)

  expect(await rows()).toEqual(before)
})

describe('database and schema', () => {
  test('a database that does not answer is one finding; what needs it is skipped, the rest is looked at', async () => {
    const { config } = (await serverForThisTest()).runtime
    const url = new Secret('postgresql://nobody:canary-password@127.0.0.1:1/none')
    const runtime = await createRuntime(
      { ...config, database: { url, poolSize: 2 } },
      { log: createLog('error', { write: () => {} }) },
    )
    onTestFinished(() => runtime.close())

    const found = await findings(runtime)

    expect(found['database']).toMatchObject({
      state: 'failed',
      detail: expect.stringContaining('ECONNREFUSED'),
    })
    for (const check of ['migrations', 'change feed', 'triggers', 'keys', 'clock', 'address'])
      expect(found[check]?.state, check).toBe('skipped')
    for (const check of ['mail', 'proxy', 'origins']) expect(found[check]?.state, check).toBe('ok')
    expect(JSON.stringify(found)).not.toContain('canary-password')
  })

  test.each([
    [
      'older',
      'DELETE FROM drizzle.__drizzle_migrations WHERE created_at = (SELECT max(created_at) FROM drizzle.__drizzle_migrations)',
    ],
    ['newer', "INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('later', 9999999999999)"],
    ['Nothing', 'DROP SCHEMA drizzle CASCADE'],
  ])('a schema of another version is a finding, and what reads it is skipped: %s', async (word, sql) => {
    const own = await serverForThisTest()
    await own.database.sql(sql)

    const found = await findings(own.runtime)

    expect(found['migrations']).toMatchObject({ state: 'failed', detail: expect.stringContaining(word) })
    expect(found['keys']?.state).toBe('skipped')
  })
})

describe('the change feed', () => {
  test.each([
    ['switched off', 'ALTER TABLE sessions DISABLE TRIGGER announce_update'],
    ['not always on', 'ALTER TABLE users ENABLE TRIGGER announce_update'],
    ['gone', 'DROP TRIGGER announce_change ON user_roles'],
    [
      'changed',
      `CREATE OR REPLACE FUNCTION announce_session() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'`,
    ],
    ['silent', `CREATE OR REPLACE FUNCTION announce_change(payload text) RETURNS void LANGUAGE sql AS ''`],
  ])('a trigger that is %s is found, and the statements that are printed mend it', async (_, damage) => {
    const own = await serverForThisTest()
    await own.database.sql(damage)

    const { triggers } = await findings(own.runtime)

    expect(triggers).toMatchObject({ state: 'failed', detail: expect.stringContaining('announce_') })
    const [advice = '', ...statements] = triggers?.fix?.split('\n') ?? []
    expect(advice).toContain('psql')
    await own.database.sql(statements.join('\n'))
    expect(await findTriggerDamage(own.runtime.database)).toEqual([])
  })

  test('a change that no trigger announces is found by making one', async () => {
    const own = await serverForThisTest()
    await own.database.sql('ALTER TABLE settings DISABLE TRIGGER announce_change')

    const found = await findings(own.runtime)

    expect(found['change feed']).toMatchObject({
      state: 'failed',
      detail: expect.stringContaining('no trigger'),
    })
  })

  test('with LIVE_VIEW=off nothing hangs on it', async () => {
    const own = await serverForThisTest({ LIVE_VIEW: 'off' })
    expect((await findings(own.runtime))['change feed']).toMatchObject({ state: 'ok' })
  })
})

describe('the keys', () => {
  const [first, second] = [
    'a first root secret of this test that is long',
    'a second root secret of this test, long',
  ].map((text) => text.replaceAll(',', ''))

  test('an AUTH_SECRET that does not open the key in use is found, with both ways out', async () => {
    const own = await serverForThisTest({ AUTH_SECRET: first ?? '' })
    const other = await serverForThisTest({ AUTH_SECRET: second ?? '', DATABASE_URL: own.database.url })
    const [row] = await own.database.sql<{ kid: string }>('SELECT kid FROM signing_keys')

    const { keys } = await findings(other.runtime)

    expect(keys).toMatchObject({ state: 'failed', detail: expect.stringContaining(row?.kid ?? '') })
    expect(keys?.fix).toContain('AUTH_SECRET=new,old')
    expect(keys?.fix).toContain(`keys remove ${row?.kid}`)
  })

  test('a key that would be lost with the old root secret is found', async () => {
    const own = await serverForThisTest({ AUTH_SECRET: first ?? '' })
    const roots = deriveRootKeys([second, first].map((text) => new Secret(text ?? '')))

    expect((await findings({ ...own.runtime, roots }))['keys']).toMatchObject({
      state: 'warning',
      fix: expect.stringContaining('before you remove the old secret'),
    })
    const AUTH_SECRET = `${second},${first}`
    const renewed = await serverForThisTest({ AUTH_SECRET, DATABASE_URL: own.database.url })
    expect((await findings(renewed.runtime))['keys']?.state).toBe('ok')
  })

  test('a key that nobody rotates is found, and one that waits is none', async () => {
    const own = await serverForThisTest({ SIGNING_KEY_DAYS: '30' })
    await own.time.advance({ seconds: 30.5 * 86_400 })
    expect((await findings(own.runtime))['keys']?.state).toBe('ok')
    await own.time.advance({ seconds: 86_400 })

    expect((await findings(own.runtime))['keys']).toMatchObject({ state: 'warning' })
    await rotateSigningKey(own.runtime)
    expect((await findings(own.runtime))['keys']?.state).toBe('ok')
  })

  test('with HS256 there are none to look at', async () => {
    const own = await serverForThisTest({
      JWT_ALGORITHM: 'HS256',
      JWT_SECRET: 'a shared secret for HS256 that is long',
    })
    expect((await findings(own.runtime))['keys']?.state).toBe('ok')
  })
})

describe('the clocks', () => {
  test.each([
    [0.5, 'ok'],
    [5, 'warning'],
    [-40, 'failed'],
  ])('a database that is %d s ahead of this machine: %s', async (seconds, state) => {
    const own = await serverForThisTest()
    await own.database.sql('UPDATE test_clock SET offset_seconds = $1', [seconds])

    const { clock } = await findings(own.runtime)

    expect(clock?.state).toBe(state)
    if (state !== 'ok') {
      expect(clock?.detail).toMatch(new RegExp(`(${Math.abs(seconds)}\\.\\d|${Math.abs(seconds) - 1}\\.9) s`))
      expect(clock?.detail).toContain(seconds > 0 ? 'behind the database' : 'ahead of the database')
    }
  })
})

describe('mail', () => {
  const mailSettings = (port: number) => ({
    MAIL: 'smtp',
    MAIL_SERVER: '127.0.0.1',
    MAIL_PORT: String(port),
    MAIL_FROM: 'no-reply@example.com',
  })
  const found = async (variables: Record<string, string>) =>
    (await findings((await serverForThisTest(variables)).runtime))['mail']

  test('a server that greets is well, one that refuses or answers something else is not', async () => {
    const greet = (text: string) =>
      listening(createSocketServer((socket) => void socket.on('error', () => {}).end(text)))
    const sink = await startSink()

    expect(await found(sinkVariables(sink))).toMatchObject({ state: 'ok' })
    sink.script.auth = 535
    expect(
      await found({ ...sinkVariables(sink), MAIL_USERNAME: 'auth', MAIL_PASSWORD: 'canary-password' }),
    ).toMatchObject({ state: 'failed', fix: expect.stringContaining('MAIL_PASSWORD') })
    expect(await found({ ...sinkVariables(sink), MAIL_TLS: 'required' })).toMatchObject({
      state: 'failed',
      fix: expect.stringContaining('STARTTLS'),
    })
    expect(sink.mails).toEqual([])
    expect(await found(mailSettings(await greet('554 go away\r\n')))).toMatchObject({
      state: 'failed',
      detail: expect.stringContaining('554 go away'),
    })
    expect(await found(mailSettings(await greet('')))).toMatchObject({ state: 'failed' })
    expect(await found(mailSettings(1))).toMatchObject({
      state: 'failed',
      detail: expect.stringContaining('ECONNREFUSED'),
    })
  })

  test('a message that waits for long, and one that failed, are findings', async () => {
    const sink = await startSink()
    const own = await serverForThisTest(sinkVariables(sink))
    const queue = async () => (await findings(own.runtime))['mail queue']
    expect(await queue()).toMatchObject({ state: 'ok', detail: 'No message waits' })
    await own.client().register()

    await own.time.advance({ seconds: 600 })
    expect(await queue()).toMatchObject({ state: 'warning', detail: expect.stringContaining('10 minutes') })
    await own.database.sql(
      "UPDATE mail_messages SET state = 'failed', failed_at = app_now(), last_error = 'RCPT TO: 550 no'",
    )
    expect(await queue()).toMatchObject({ state: 'warning', fix: expect.stringContaining('550 no') })
  })

  test('a sender that the SMTP server refuses is a finding and a metric at once, until a message goes through', async () => {
    const sink = await startSink()
    const own = await serverForThisTest(sinkVariables(sink))
    const queue = async () => (await findings(own.runtime))['mail queue']
    const waitingInMetrics = async () => {
      await own.runtime.mail.measure()
      return /^mail_queue_sender_refused(?:\{.*\})? (\d+)$/m.exec(await own.runtime.metrics.expose())?.[1]
    }
    sink.script = { mailFrom: 550 }
    await own.client().register()
    const [message] = await own.database.sql<{ id: string }>('SELECT id FROM mail_messages')

    await own.runtime.mail.deliver(message?.id ?? '')

    expect(await queue()).toMatchObject({
      state: 'failed',
      detail: expect.stringContaining('refuses our sender; 1 messages wait'),
      fix: expect.stringMatching(/MAIL_FROM.*550/),
    })
    expect(await waitingInMetrics()).toBe('1')
    sink.script = {}
    await own.time.advance({ seconds: 60 })
    await own.runtime.mail.deliver(message?.id ?? '')
    expect(await queue()).toMatchObject({ state: 'ok' })
    expect(await waitingInMetrics()).toBe('0')
  })

  test('MAIL=off is well', async () => {
    expect(await found({})).toMatchObject({ state: 'ok' })
  })
})

describe('the public address', () => {
  test.each([
    ['nobody is there', { status: 0 }, 'warning', 'Start the server'],
    ['a proxy changes the Host header', { status: 421, body: {} }, 'failed', 'proxy_set_header Host'],
    [
      'another installation answers',
      { status: 200, body: { keys: [{ kid: 'other' }] } },
      'failed',
      'APP_URL',
    ],
    ['something else answers', { status: 200, body: 'hello' }, 'failed', 'APP_URL'],
    ['something else answers', { status: 404, body: null }, 'failed', 'APP_URL'],
  ])('%s', async (_, answer, state, fix) => {
    const own =
      answer.status === 0
        ? await serverForThisTest({ APP_URL: 'http://127.0.0.1:1' })
        : (await reachable(() => ({ body: null, ...answer }))).own

    expect((await findings(own.runtime))['address']).toMatchObject({
      state,
      fix: expect.stringContaining(fix),
    })
  })
})

describe('proxy and origins', () => {
  const found = async (variables: Record<string, string>) => {
    const { proxy, origins } = await findings((await serverForThisTest(variables)).runtime)
    return { proxy, origins }
  }
  // A name that leads nowhere, on a port of this machine that nobody listens on.
  const https = 'https://127.0.0.1:1'

  test('https without TRUST_PROXY makes all users share one limit', async () => {
    expect((await found({ APP_URL: https })).proxy).toMatchObject({
      state: 'warning',
      fix: expect.stringMatching(/TRUST_PROXY=1.*\$proxy_add_x_forwarded_for/),
    })
    for (const trusted of ['1', '10.0.0.0/8'])
      expect((await found({ APP_URL: https, TRUST_PROXY: trusted })).proxy).toMatchObject({
        state: 'ok',
        detail: expect.stringContaining('proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;'),
      })
  })

  test('a front end over http is one that anybody on the way can change', async () => {
    const { origins } = await found({ ALLOWED_ORIGINS: 'https://a.example.com, http://b.example.com' })
    expect(origins).toMatchObject({
      state: 'failed',
      detail: expect.stringContaining('http://b.example.com'),
    })
    expect(origins?.detail).not.toContain('a.example.com')
    expect((await found({ ALLOWED_ORIGINS: 'https://a.example.com' })).origins?.state).toBe('ok')
  })
})
