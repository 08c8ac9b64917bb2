import { describe, expect, test } from 'vitest'
import { peekLink } from '#lib/links/links.ts'
import { newAccount } from '#test/support/api-client.ts'
import { serverBeside, serverForThisTest, type TestServer } from '#test/support/harness.ts'
import { until } from '#test/support/process-server.ts'
import { type SinkScript, sinkVariables } from '#test/support/smtp-sink.ts'
import { startSink } from '#test/support/start-sink.ts'
import { leaseSeconds } from './mail-delivery.ts'
import { type MailTemplate, templateLinks } from './mail-templates.ts'
import { type OutgoingMail, occasionOf, queueMail } from './queue-mail.ts'

async function serverWithSink(variables: Record<string, string> = {}) {
  const sink = await startSink()
  const own = await serverForThisTest({ ...sinkVariables(sink), ...variables })
  return { own, sink }
}

/** A message to a new account, by the id that it has in the outbox. */
async function queued(on: TestServer, template: MailTemplate = 'reset_password', to = newAccount().email) {
  const { runtime } = on
  const props = { ...occasionOf(runtime, { address: '192.0.2.1', userAgent: null }), username: 'anna' }
  const message = { template, to, props } as unknown as OutgoingMail
  await queueMail(runtime, runtime.database, { nobody: true }, message)
  const [row] = await on.database.sql<{ id: string }>('SELECT id FROM mail_messages WHERE recipient = $1', [
    to,
  ])
  return { id: row?.id ?? '', to }
}

interface MessageRow {
  state: string
  attempts: number
  last_error: string | null
  wait: number
}

async function rowOf(on: TestServer, id: string): Promise<MessageRow> {
  const [row] = await on.database.sql<MessageRow>(
    `SELECT state, attempts, last_error,
       extract(epoch FROM next_attempt_at - app_now())::integer AS wait FROM mail_messages WHERE id = $1`,
    [id],
  )
  if (!row) throw new Error('no such message')
  return row
}

/** The link as the message has it, looked at by the server that made it. */
async function verdictOf(on: TestServer, link: string, template: MailTemplate = 'reset_password') {
  const token = new URL(link).searchParams.get('token') ?? ''
  const purpose = templateLinks[template]
  if (purpose === null) throw new Error('a message without a link')
  return (await peekLink(on.runtime, on.runtime.database, { purpose, token })).kind
}

const eventsOf = (on: TestServer) => on.logs.map(({ event }) => event)

describe('a message', () => {
  test('is sent once, to its one recipient, with both parts, its link and a Message-ID made of its id', async () => {
    const { own, sink } = await serverWithSink()
    const { id, to } = await queued(own)

    await own.runtime.mail.deliver(id)
    await own.runtime.mail.deliver(id)

    expect(sink.mails).toHaveLength(1)
    const [mail] = sink.mails
    expect(mail).toMatchObject({
      messageId: `<${id}@example.com>`,
      recipients: [to],
      from: '"Example Auth" <no-reply@example.com>',
      subject: 'Reset your Session Management password',
    })
    expect(mail?.headers).toContain('Auto-Submitted: auto-generated')
    expect(mail?.text).toContain('192.0.2.1')
    expect(mail?.html).toContain(mail?.link)
    expect(mail?.link).toMatch(/^http:\/\/localhost:8000\/reset\?token=/)
    expect(await verdictOf(own, mail?.link ?? '')).toBe('ok')
    expect(await rowOf(own, id)).toMatchObject({ state: 'sent', attempts: 1, last_error: null })
  })

  test('whose link was used meanwhile is not sent', async () => {
    const { own, sink } = await serverWithSink()
    const { id } = await queued(own)
    await own.database.sql('UPDATE one_time_links SET used_at = app_now() WHERE id = $1', [id])

    await own.runtime.mail.deliver(id)

    expect(sink.connections()).toBe(0)
    expect(await rowOf(own, id)).toMatchObject({ state: 'withdrawn' })
  })

  test('is not written with MAIL=off, and nothing connects', async () => {
    const own = await serverForThisTest({ MAIL: 'off' })
    const { id } = await queued(own)

    expect(id).toBe('')
    expect(await own.database.sql('SELECT * FROM one_time_links')).toEqual([])
  })

  test('whose template throws has failed for good, the log says why, and the others go out', async () => {
    const { own, sink } = await serverWithSink()
    const poison = await queued(own)
    const good = await queued(own)
    await own.database.sql("UPDATE mail_messages SET parameters = '{}' WHERE id = $1", [poison.id])
    await own.runtime.jobs.start()

    await until(
      async () => (await rowOf(own, poison.id)).state === 'failed',
      10_000,
      () => 'not failed',
    )
    await until(
      () => sink.mails.length === 1,
      10_000,
      () => 'not sent',
    )

    expect(sink.mails[0]?.recipients).toEqual([good.to])
    expect(await rowOf(own, poison.id)).toMatchObject({ attempts: 1, last_error: 'the template failed' })
    expect(eventsOf(own)).toContain('mail_template_failed')
  })

  test('of a template that this version does not know waits for one that does', async () => {
    const { own, sink } = await serverWithSink()
    const { id } = await queued(own)
    await own.database.sql("UPDATE mail_messages SET template = 'of_tomorrow' WHERE id = $1", [id])

    await own.runtime.mail.deliver(id)

    expect(sink.mails).toEqual([])
    expect(await rowOf(own, id)).toMatchObject({ state: 'queued', wait: 60 })
  })
})

describe('what the server refuses', () => {
  const refusals: [string, SinkScript, 'queued' | 'failed', string][] = [
    ['421 at the greeting', { connect: 421 }, 'queued', 'mail_deferred'],
    ['a cut at the greeting', { connect: 'drop' }, 'queued', 'mail_deferred'],
    ['450 for the sender', { mailFrom: 450 }, 'queued', 'mail_deferred'],
    ['530 log in first', { mailFrom: 530 }, 'queued', 'mail_setup_failed'],
    ['550 for the sender', { mailFrom: 550 }, 'queued', 'mail_setup_failed'],
    ['553 for the sender', { mailFrom: 553 }, 'queued', 'mail_setup_failed'],
    ['a cut at the sender', { mailFrom: 'drop' }, 'queued', 'mail_deferred'],
    ['451 for the recipient', { rcptTo: () => 451 }, 'queued', 'mail_deferred'],
    ['553 for the recipient', { rcptTo: () => 553 }, 'failed', 'mail_refused'],
    ['a cut at the recipient', { rcptTo: () => 'drop' }, 'queued', 'mail_deferred'],
    ['452 for the content', { data: 452 }, 'queued', 'mail_deferred'],
    ['554 for the content', { data: 554 }, 'failed', 'mail_refused'],
    ['a cut at the content', { data: 'drop' }, 'queued', 'mail_deferred'],
  ]

  test.each(refusals)('%s: %# tried again exactly if it may pass', async (_, script, state, event) => {
    const { own, sink } = await serverWithSink()
    sink.script = script
    const { id } = await queued(own)

    await own.runtime.mail.deliver(id)

    const row = await rowOf(own, id)
    expect(row).toMatchObject({ state, attempts: 1, last_error: expect.stringMatching(/\S/) })
    expect(eventsOf(own)).toContain(event)
    expect(sink.mails).toEqual([])
    if (state === 'failed') {
      await own.time.advance({ seconds: 3600 })
      await own.runtime.mail.deliver(id)
      expect(await rowOf(own, id)).toMatchObject({ state: 'failed', attempts: 1 })
      return
    }
    expect(row.wait).toBeGreaterThan(5)
    expect(row.wait).toBeLessThan(20)
    sink.script = {}
    await own.time.advance({ seconds: 30 })
    await own.runtime.mail.deliver(id)
    expect(sink.mails.map(({ messageId }) => messageId)).toEqual([`<${id}@example.com>`])
  })

  const quoting: [string, SinkScript][] = [
    ['550 for the recipient', { rcptTo: () => 550 }],
    ['450 for the recipient', { rcptTo: () => 450 }],
    ['421 for the recipient', { rcptTo: () => 421 }],
    ['554 for the content', { data: 554 }],
    ['451 for the content', { data: 451 }],
  ]
  const spellings: ((to: string) => string)[] = [
    (to) => `5.1.1 <${to}>: Recipient address rejected`,
    (to) => `unknown user ${to.toUpperCase()}, see https://example.net/help`,
    (to) => `said: https://example.net/?to=${encodeURIComponent(to)}`,
    (to) => `said: <o'${to}> (for "${to}";mailto:${to})`,
  ]

  test.each(quoting)(
    '%s: an answer that quotes the address leaves it in no log line and no row',
    async (_, script) => {
      const { own, sink } = await serverWithSink()
      for (const spelling of spellings) {
        const to = newAccount().email
        sink.script = { ...script, words: spelling(to) }
        const { id } = await queued(own, 'reset_password', to)

        await own.runtime.mail.deliver(id)

        const { last_error: kept } = await rowOf(own, id)
        expect(kept).toContain('<address>')
        expect(kept).toMatch(/rejected|unknown user|said:/)
        const [local = ''] = to.split('@')
        expect(JSON.stringify([own.logs, kept]).toLowerCase()).not.toContain(local.toLowerCase())
      }
    },
  )

  test('an answer about the sender keeps our address: an operator has to know which one', async () => {
    const { own, sink } = await serverWithSink()
    sink.script = { mailFrom: 550, words: '<no-reply@example.com> may not send' }
    const { id } = await queued(own)

    await own.runtime.mail.deliver(id)

    expect((await rowOf(own, id)).last_error).toContain('<no-reply@example.com> may not send')
  })

  test('a message that is never taken is given up after a day of attempts that come at most an hour apart', async () => {
    const { own, sink } = await serverWithSink()
    sink.script.rcptTo = () => 450
    const { id } = await queued(own)
    const waits: number[] = []

    for (let attempt = 0; attempt < 60; attempt += 1) {
      await own.runtime.mail.deliver(id)
      const { state, wait } = await rowOf(own, id)
      if (state === 'failed') break
      waits.push(wait)
      await own.time.advance({ seconds: wait + 1 })
    }

    expect((await rowOf(own, id)).state).toBe('failed')
    expect(Math.max(...waits)).toBeLessThanOrEqual(4320)
    const total = waits.reduce((sum, wait) => sum + wait, 0)
    expect(total).toBeGreaterThan(22 * 3600)
    expect(total).toBeLessThanOrEqual(24 * 3600 + 60)
    expect(eventsOf(own).filter((event) => event === 'mail_given_up')).toHaveLength(1)
  })

  test('a wrong password keeps the queue, raises an alarm, and shows in no log line and no row', async () => {
    const { own, sink } = await serverWithSink({ MAIL_USERNAME: 'auth', MAIL_PASSWORD: 'canary-password' })
    sink.script.auth = 535
    const { id } = await queued(own)

    await own.runtime.mail.deliver(id)

    expect(await rowOf(own, id)).toMatchObject({ state: 'queued' })
    expect(own.logs.find(({ event }) => event === 'mail_setup_failed')).toMatchObject({
      level: 'error',
      code: 'EAUTH',
    })
    const seen = JSON.stringify([own.logs, await own.database.sql('SELECT * FROM mail_messages')])
    for (const secret of ['canary-password', Buffer.from('canary-password').toString('base64')])
      expect(seen).not.toContain(secret)
  })

  test('a server without TLS gets nothing unless MAIL_TLS=off says so', async () => {
    const { own, sink } = await serverWithSink({ MAIL_TLS: 'required' })
    const { id } = await queued(own)

    await own.runtime.mail.deliver(id)

    expect(sink.mails).toEqual([])
    expect(await rowOf(own, id)).toMatchObject({ state: 'queued' })
    expect(eventsOf(own)).toContain('mail_setup_failed')
  })
})

describe('a connection that is lost when the server had the whole message', () => {
  test('gives at most one duplicate, with the same Message-ID and the same link, which works', async () => {
    const { own, sink } = await serverWithSink()
    const { id } = await queued(own)
    sink.script.data = 'drop-after'
    await own.runtime.mail.deliver(id)
    sink.script = {}
    await own.time.advance({ seconds: 30 })

    await own.runtime.mail.deliver(id)
    await own.runtime.mail.deliver(id)

    expect(sink.mails).toHaveLength(2)
    const [first, second] = sink.mails
    expect(second?.messageId).toBe(first?.messageId)
    expect(second?.link).toBe(first?.link)
    expect(await verdictOf(own, first?.link ?? '')).toBe('ok')
  })
})

describe('several processes', () => {
  test('a message that one of them is sending is not sent by another; its lease ends when the process was killed', async () => {
    const { own, sink } = await serverWithSink()
    const { id } = await queued(own)
    // What a process leaves behind that is killed between its claim and its mark.
    await own.database.sql(
      "UPDATE mail_messages SET state = 'sending', attempts = 1, next_attempt_at = app_now() + make_interval(secs => $1)",
      [leaseSeconds],
    )
    const other = await serverBeside(own)
    await own.runtime.mail.deliver(id)
    expect(sink.connections()).toBe(0)

    await own.time.advance({ seconds: leaseSeconds + 30 })
    await own.database.sql('DELETE FROM graphile_worker._private_jobs')
    await own.runtime.mail.sweep()
    await own.runtime.jobs.start()
    await until(
      () => sink.mails.length === 1,
      10_000,
      () => 'not sent',
    )

    expect(other).toBeDefined()
    expect(await rowOf(own, id)).toMatchObject({ state: 'sent', attempts: 2 })
  })

  test('a sweep adds no job for a message that waits for its next attempt, or has a job', async () => {
    const { own, sink } = await serverWithSink()
    sink.script.rcptTo = () => 450
    const { id } = await queued(own)
    await own.runtime.mail.deliver(id)
    await own.database.sql('DELETE FROM graphile_worker._private_jobs')
    const jobs = async () => (await own.database.sql('SELECT * FROM graphile_worker.jobs')).length

    await own.runtime.mail.sweep()
    expect(await jobs()).toBe(0)
    await own.time.advance({ seconds: 60 })
    await own.runtime.mail.sweep()
    expect(await jobs()).toBe(1)
    await own.runtime.mail.sweep()
    expect(await jobs()).toBe(1)
  })
})

describe('operators', () => {
  test('a queue that grows is a log line, once in ten minutes, and two metrics; one that recovers is a line too', async () => {
    const { own } = await serverWithSink()
    await queued(own)
    const growing = () => eventsOf(own).filter((event) => event === 'mail_queue_growing').length
    await own.runtime.mail.measure()
    expect(growing()).toBe(0)

    await own.time.advance({ seconds: 301 })
    await own.runtime.mail.measure()
    await own.runtime.mail.measure()
    expect(growing()).toBe(1)
    const metrics = await own.runtime.metrics.expose()
    expect(metrics).toMatch(/^mail_queue_messages 1$/m)
    expect(Number(/^mail_queue_oldest_seconds (\S+)$/m.exec(metrics)?.[1])).toBeGreaterThanOrEqual(301)
    await own.time.advance({ seconds: 600 })
    await own.runtime.mail.measure()
    expect(growing()).toBe(2)

    await own.database.sql("UPDATE mail_messages SET state = 'sent'")
    await own.runtime.mail.measure()
    expect(eventsOf(own)).toContain('mail_queue_recovered')
  })

  test('old messages and links are removed, never one that waits', async () => {
    const { own, sink } = await serverWithSink()
    const sent = await queued(own)
    await own.runtime.mail.deliver(sent.id)
    sink.script.rcptTo = () => 450
    const waiting = await queued(own)
    await own.time.advance({ seconds: 91 * 86_400 })

    await own.runtime.mail.purge()

    const ids = async (table: string) =>
      (await own.database.sql<{ id: string }>(`SELECT id FROM ${table}`)).map(({ id }) => id)
    expect(await ids('mail_messages')).toEqual([waiting.id])
    expect(await ids('one_time_links')).toEqual([waiting.id])
  })
})
