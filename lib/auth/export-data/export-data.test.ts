import { expect, test } from 'vitest'
import { signIn } from '#test/support/api-client.ts'
import { useServer } from '#test/support/harness.ts'
import { capturedMail, readMail } from '#test/support/mailbox.ts'

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
