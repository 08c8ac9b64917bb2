import { expect, test } from 'vitest'
import { newAccount } from '#test/support/api-client.ts'
import { serverForThisTest, useServer } from '#test/support/harness.ts'
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
