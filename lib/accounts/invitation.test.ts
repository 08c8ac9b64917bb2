import { expect, test } from 'vitest'
import { newAccount } from '#test/support/api-client.ts'
import { serverForThisTest, useServer } from '#test/support/harness.ts'
import { capturedMail, readMail } from '#test/support/mailbox.ts'
import { cleanAccounts } from './clean-accounts.ts'
import { invite } from './invitation.ts'

const server = useServer({ REGISTRATION: 'invite' })

const invitationIn = (url: string) => new URL(url).searchParams.get('invitation')

test('whoever is invited registers, in any letter case of the address, once', async () => {
  const account = newAccount()
  const { url } = await invite(server.runtime, account.email)
  const invitation = invitationIn(url)
  const register = (body: object) =>
    server.client().send('/api/auth/register', { json: { ...account, invitation, ...body } })

  expect((await register({ email: account.email.toUpperCase() })).status).toBe(200)
  expect(await register({ username: newAccount().username })).toBeProblem(400, 'email_taken')
})

test('nobody registers without an invitation, with one of another address, or with a forged one', async () => {
  const account = newAccount()
  const invitation = invitationIn((await invite(server.runtime, account.email)).url) ?? ''
  const forged = invitation.replace(/^\d+/, (seconds) => String(Number(seconds) + 1000))
  for (const body of [
    {},
    { invitation, email: newAccount().email },
    { invitation: forged },
    { invitation: 'x' },
  ]) {
    const answer = await server.client().send('/api/auth/register', { json: { ...account, ...body } })
    expect(answer).toBeProblem(403, 'registration_closed')
  }
})

test('an invitation works for seven days', async () => {
  const own = await serverForThisTest({ REGISTRATION: 'invite' })
  const account = newAccount()
  const invitation = invitationIn((await invite(own.runtime, account.email)).url)
  await own.time.advance({ seconds: 7 * 86_400 + 1 })

  const answer = await own.client().send('/api/auth/register', { json: { ...account, invitation } })

  expect(answer).toBeProblem(403, 'registration_closed')
})

test('what is no address is not invited, and the closed door stays closed', async () => {
  await expect(invite(server.runtime, 'nobody')).rejects.toMatchObject({ code: 'invalid_request' })
  const closed = await serverForThisTest({ REGISTRATION: 'closed' })
  const account = newAccount()
  const invitation = invitationIn((await invite(closed.runtime, account.email)).url)
  const answer = await closed.client().send('/api/auth/register', { json: { ...account, invitation } })
  expect(answer).toBeProblem(403, 'registration_closed')
})

test('an invitation is forgotten with the account, also when the account has another address by then', async () => {
  const own = await serverForThisTest({ ...capturedMail, REGISTRATION: 'invite' })
  const [account, kept] = [newAccount(), newAccount()]
  await invite(own.runtime, account.email.toUpperCase())
  await invite(own.runtime, kept.email)
  const invitation = invitationIn((await invite(own.runtime, account.email)).url)
  const client = own.client()
  await client.send('/api/auth/register', { json: { ...account, invitation } })
  await client.login(account)
  const next = newAccount().email
  await client.send('/api/auth/change-email', { json: { new_email: next, password: account.password } })
  const token = (await readMail(own, next)).at(-1)?.token
  expect((await client.send('/api/auth/change-email/confirm', { json: { token } })).status).toBe(200)
  await client.send('/api/auth/me', { method: 'DELETE', json: { password: account.password } })
  await own.time.advance({ seconds: 14 * 86_400 + 1 })

  await cleanAccounts(own.runtime)

  for (const table of ['audit_events', 'audit_event_addresses']) {
    const naming = async (email: string) =>
      own.database.sql(`SELECT 1 FROM ${table} t WHERE strpos(lower(t::text), $1) > 0`, [email])
    for (const address of [account.email, next]) expect(await naming(address), table).toEqual([])
    expect(await naming(kept.email), table).toHaveLength(1)
  }
})

test('an invitation that nobody took goes after AUDIT_HISTORY_DAYS, from both tables', async () => {
  const own = await serverForThisTest({ REGISTRATION: 'invite', AUDIT_HISTORY_DAYS: '30' })
  await invite(own.runtime, newAccount().email)
  await own.time.advance({ seconds: 30 * 86_400 + 1 })

  await cleanAccounts(own.runtime)

  for (const table of ['audit_events', 'audit_event_addresses'])
    expect(await own.database.sql(`SELECT 1 FROM ${table}`), table).toEqual([])
})
