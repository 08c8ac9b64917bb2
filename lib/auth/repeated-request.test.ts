import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { newAccount, signIn } from '#test/support/api-client.ts'
import { serverForThisTest, useServer } from '#test/support/harness.ts'
import { capturedMail, readMail } from '#test/support/mailbox.ts'

const server = useServer(capturedMail)

const messagesTo = async (address: string, template: string) =>
  (await readMail(server, address)).filter((mail) => mail.template === template)

test.each([
  ['forgot-password', 'reset_password', 1],
  ['verify-email/resend', 'verify_email', 2],
])('%s that is repeated with its key sends one message', async (path, template, count) => {
  const { account } = await server.client().register()
  const headers = { 'idempotency-key': randomUUID() }
  const send = () => server.client().send(`/api/auth/${path}`, { json: { email: account.email }, headers })

  const [first, ...again] = [await send(), await send(), await send()]

  expect(first.status).toBe(200)
  for (const answer of again) {
    expect(answer).toMatchObject({ status: 200, text: first.text })
    expect(answer.headers.get('idempotency-replayed')).toBe('true')
  }
  expect(await messagesTo(account.email, template)).toHaveLength(count)
})

test('a change of address that is repeated with its key sends one message, whose link still works', async () => {
  const client = server.client()
  const { password } = await signIn(client)
  const json = { new_email: newAccount().email, password }
  const headers = { 'idempotency-key': randomUUID() }

  for (let count = 0; count < 3; count += 1)
    expect((await client.send('/api/auth/change-email', { json, headers })).status).toBe(200)

  const messages = await messagesTo(json.new_email, 'email_change_confirm')
  expect(messages).toHaveLength(1)
  const confirmation = { json: { token: messages[0]?.token } }
  expect((await server.client().send('/api/auth/change-email/confirm', confirmation)).status).toBe(200)
})

test('with EMAIL_VERIFICATION=required a repeated registration waits once, and its name is its own', async () => {
  const strict = await serverForThisTest({ ...capturedMail, EMAIL_VERIFICATION: 'required' })
  const json = newAccount()
  const headers = { 'idempotency-key': randomUUID() }
  const send = () => strict.client().send('/api/auth/register', { json, headers })

  const first = await send()
  const again = await send()

  expect(first.status).toBe(200)
  expect(again).toMatchObject({ status: 200, text: first.text })
  expect(await readMail(strict, json.email)).toHaveLength(1)
})
