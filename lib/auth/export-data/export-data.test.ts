import { describe, expect, test } from 'vitest'
import { endpoints } from '#lib/endpoints.ts'
import { respond } from '#lib/http/answer.ts'
import { createRouter } from '#lib/http/router.ts'
import { signIn } from '#test/support/api-client.ts'
import { serverForThisTest, type TestServer, testAppUrl, useServer } from '#test/support/harness.ts'
import { capturedMail, readMail } from '#test/support/mailbox.ts'
import { watchDatabase } from '#test/support/observations.ts'

const server = useServer(capturedMail)

test('an export holds the profile, every session, what happened and the messages, and no secret', async () => {
  const client = server.client({ address: '192.0.2.9' })
  const account = await signIn(client)
  const former = server.client()
  await former.login(account)
  await former.logout()
  await server.client().login({ ...account, password: 'some other words' })
  const [mail] = await readMail(server, account.email)

  const { status, body, text, headers } = await client.send('/api/auth/export')

  expect(status).toBe(200)
  expect(headers.get('content-disposition')).toBe('attachment; filename="my-data.json"')
  expect(body.profile).toMatchObject({ email: account.email, username: account.username })
  expect(body.sessions.map((one: { ended_reason: string | null }) => one.ended_reason)).toEqual([
    'signed_out',
    null,
  ])
  const events = body.events.map(({ name }: { name: string }) => name)
  expect(events).toEqual([
    'data_exported',
    'sign_in_refused',
    'signed_out',
    'signed_in',
    'signed_in',
    'account_registered',
  ])
  expect(body.events.at(-1).ip).toBe('192.0.2.9')
  expect(body.mails).toMatchObject([{ id: mail?.id, template: 'verify_email', recipient: account.email }])
  const secrets = [
    account.password,
    mail?.token,
    mail?.code,
    client.accessToken,
    client.refreshToken,
    '$argon2',
  ]
  for (const secret of secrets) expect(text).not.toContain(secret ?? '?')
})

test('an export is of the caller only, and at most ten an hour', async () => {
  const client = server.client()
  await signIn(client)
  const stranger = server.client()
  const other = await signIn(stranger)

  const { text } = await client.send('/api/auth/export')
  expect(text).not.toContain(other.email)
  for (let count = 1; count < 10; count += 1) await client.send('/api/auth/export')

  expect(await client.send('/api/auth/export')).toBeProblem(429, 'rate_limited')
  expect((await stranger.send('/api/auth/export')).status).toBe(200)
  expect(await server.client().send('/api/auth/export')).toBeProblem(401, 'unauthenticated')
})

describe('an account with more than a page of everything', () => {
  const counts = { sessions: 2500, events: 12_000, mails: 2500 }

  async function filled(server: TestServer) {
    const client = server.client()
    await signIn(client)
    const { id } = (await client.me()).body
    await server.database.sql(
      `INSERT INTO audit_events (name, user_id, actor, details)
       SELECT 'sign_in_refused', $1, 'user', jsonb_build_object('n', n) FROM generate_series(1, ${counts.events}) n`,
      [id],
    )
    await server.database.sql(
      `INSERT INTO sessions (id, user_id, kind, session_epoch, amr, idle_seconds, idle_until, expires_at, ended_at)
       SELECT gen_random_uuid(), $1, 'bearer', 0, '{pwd}', 600, app_now(), app_now(), app_now()
       FROM generate_series(1, ${counts.sessions})`,
      [id],
    )
    // All of the same moment: what comes next must not be found by the time alone.
    await server.database.sql(
      `INSERT INTO mail_messages (id, template, user_id, recipient, parameters, state)
       SELECT gen_random_uuid(), 'welcome', $1, 'a@example.com', '{}', 'sent' FROM generate_series(1, ${counts.mails})`,
      [id],
    )
    return client
  }

  test('is exported whole: 12,000 events, each once, the newest first', async () => {
    const own = await serverForThisTest()
    const client = await filled(own)

    const { status, body } = await client.send('/api/auth/export')

    expect(status).toBe(200)
    const planted = body.events.flatMap(({ details }: { details: { n?: number } }) => details.n ?? [])
    expect(planted).toEqual(Array.from({ length: counts.events }, (_, index) => counts.events - index))
    expect(body.events).toHaveLength(counts.events + 3)
    for (const [name, count] of [
      ['sessions', counts.sessions + 1],
      ['mails', counts.mails],
    ] as const) {
      const ids = body[name].map(({ id }: { id: string }) => id)
      expect([ids.length, new Set(ids).size], name).toEqual([count, count])
    }
  })

  test('is read page by page as the caller reads, and not before; HEAD reads none of it', async () => {
    const own = await serverForThisTest()
    const { accessToken } = await filled(own)
    const watched = watchDatabase(own.runtime)
    const lists = ['list_session_history', 'list_audit_events_of_user', 'list_mail_of_user']
    const read = () => watched.names.filter((name) => lists.includes(name)).length
    const ask = (method: string) => {
      const headers = { authorization: `Bearer ${accessToken}`, host: 'localhost:8000' }
      const request = new Request(`${testAppUrl}/api/auth/export`, { method, headers })
      const peer = { address: '192.0.2.1', via: 'node', hasPages: false, wasForwarded: false } as const
      return respond(own.runtime, createRouter(endpoints).match('/api/auth/export'), request, peer)
    }

    expect((await ask('HEAD')).status).toBe(200)
    expect(read()).toBe(0)
    const reader = (await ask('GET')).body?.getReader()
    await reader?.read()
    await reader?.read()
    expect(read()).toBeLessThanOrEqual(1)
    let bytesMax = 0
    for (;;) {
      const next = await reader?.read()
      if (!next || next.done) break
      bytesMax = Math.max(bytesMax, next.value.length)
    }

    // A page that is not full is the last one.
    expect(read()).toBe(3 + 13 + 3)
    expect(bytesMax).toBeLessThan(600_000)
  })
})
