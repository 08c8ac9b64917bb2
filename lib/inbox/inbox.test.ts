import { describe, expect, test } from 'vitest'
import { inboxKeyOf } from '#lib/mail/inbox-key.ts'
import { newAccount } from '#test/support/api-client.ts'
import { serverForThisTest, useServer } from '#test/support/harness.ts'
import { capturedMail } from '#test/support/mailbox.ts'

const server = useServer(capturedMail)
const keyed = () => ({ authorization: `Bearer ${inboxKeyOf(server.runtime.roots).reveal()}` })
const list = (to: string) =>
  server.client().send(`/api/dev/mail?to=${encodeURIComponent(to)}`, { headers: keyed() })

describe('the inbox', () => {
  test('tells the messages to one address, with their link and their code', async () => {
    const account = newAccount()
    await server.client().register(account)
    await server.client().register()

    const { status, body } = await list(account.email.toUpperCase())

    expect(status).toBe(200)
    expect(body.messages).toHaveLength(1)
    expect(body.messages[0]).toMatchObject({
      template: 'verify_email',
      to: account.email,
      subject: 'Verify your email address for Session Management',
      link: expect.stringMatching(/^http:\/\/localhost:8000\/verify\?token=/),
      code: expect.stringMatching(/^\d{6}$/),
    })
    expect(body.messages[0].html).toContain(body.messages[0].code)
  })

  test('is a page with a link to each message, and a message is HTML, text and source', async () => {
    const account = newAccount()
    await server.client().register(account)
    const key = inboxKeyOf(server.runtime.roots).reveal()
    const [{ id, link }] = (await list(account.email)).body.messages
    const get = async (path: string) => {
      const answer = await server.client().send(`${path}${path.includes('?') ? '&' : '?'}key=${key}`)
      expect(answer.status, path).toBe(200)
      return answer
    }

    const inbox = await get('/dev/mail')
    expect(inbox.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(inbox.text).toContain(`/dev/mail/${id}?key=${key}`)
    expect((await get(`/dev/mail?to=${account.email}`)).text.match(/<li>/g)).toHaveLength(1)
    expect((await get(`/dev/mail/${id}`)).text).toContain('<iframe')
    const html = await get(`/dev/mail/${id}?as=html`)
    expect(html.text).toContain(link)
    expect(html.headers.get('content-security-policy')).toContain('sandbox allow-popups')
    expect((await get(`/dev/mail/${id}?as=text`)).text).toContain(link)
    const source = (await get(`/dev/mail/${id}?as=source`)).text
    expect(source).toContain(`Message-ID: <${id}@localhost>`)
    expect(source).toContain(`To: ${account.email}`)
    expect((await get(`/dev/mail/${id}?as=page-source`)).text).toContain(`&lt;${id}@localhost&gt;`)
  })

  test.each(['%00', 'a%00b@example.com', '%FF', '%ED%A0%80', '%', '%EF%BF%BF'])(
    'asked for messages to %s, which is no address, does not fail',
    async (to) => {
      const key = inboxKeyOf(server.runtime.roots).reveal()

      const page = await server.client().send(`/dev/mail?key=${key}&to=${to}`)
      const { status } = await server.client().send(`/api/dev/mail?to=${to}`, { headers: keyed() })

      expect(page.status).toBe(200)
      expect(page.text).toContain('No message to')
      expect([200, 422]).toContain(status)
    },
  )

  test('refuses NUL in its query, as in every text that is sent', async () => {
    const answer = await server.client().send('/api/dev/mail?to=a%00b', { headers: keyed() })

    expect(answer).toBeProblem(422, 'invalid_request')
  })

  test('looked at does not spend a link', async () => {
    const account = newAccount()
    await server.client().register(account)
    const { body } = await list(account.email)
    await server.client().send(`/dev/mail/${body.messages[0].id}`, { headers: keyed() })

    const rows = await server.database.sql('SELECT used_at FROM one_time_links WHERE id = $1', [
      body.messages[0].id,
    ])

    expect(rows).toEqual([{ used_at: null }])
  })

  test.each(['/dev/mail', '/api/dev/mail', '/dev/mail/01a203f5-bd26-7214-9f8b-658b824742ea'])(
    '%s is not found without its key, or with another one',
    async (path) => {
      const key = inboxKeyOf(server.runtime.roots).reveal()
      const wrong = [path, `${path}?key=`, `${path}?key=${key}x`, `${path}?key=${'A'.repeat(43)}`]
      for (const one of wrong) expect(await server.client().send(one)).toBeProblem(404, 'not_found')
    },
  )

  test('is not found where mail is sent or off, whatever the key', async () => {
    for (const variables of [
      {},
      { MAIL: 'smtp', SMTP_URL: 'smtp://localhost:1', MAIL_FROM: 'a@example.com' },
    ]) {
      const own = await serverForThisTest(variables)
      const key = inboxKeyOf(own.runtime.roots).reveal()

      expect(await own.client().send(`/dev/mail?key=${key}`)).toBeProblem(404, 'not_found')
    }
  })

  test('writes what a person typed as text, never as markup', async () => {
    const { runtime, database } = server
    await database.sql(
      `INSERT INTO mail_messages (id, template, recipient, parameters, state)
       VALUES ('01a203f5-bd26-7214-9f8b-658b824742eb', 'welcome', '<b>@example.com', '{"username":"<script>x</script>"}', 'sent')`,
    )
    const key = inboxKeyOf(runtime.roots).reveal()
    const mail = '/dev/mail/01a203f5-bd26-7214-9f8b-658b824742eb'

    for (const path of [
      '/dev/mail',
      mail,
      `${mail}?as=html`,
      `${mail}?as=page-text`,
      `${mail}?as=page-source`,
    ]) {
      const { text } = await server.client().send(`${path}${path.includes('?') ? '&' : '?'}key=${key}`)
      expect(text).not.toContain('<script')
      expect(text).not.toContain('<b>')
    }
  })
})
