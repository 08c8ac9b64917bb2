import { describe, expect, test } from 'vitest'
import { type ApiClient, newAccount } from '#test/support/api-client.ts'
import { capturedMail, readMail } from '#test/support/mailbox.ts'
import { signInByCode, socialStageForThisTest, useSocialServer } from '#test/support/social-scenes.ts'

const stage = useSocialServer()
const { server } = stage
const send = (client: ApiClient, path: string, json: object) => client.send(`/api/auth/${path}`, { json })

/** Somebody without a password whose sign-in was more than ten minutes ago. */
async function stale() {
  const own = await socialStageForThisTest()
  const signedIn = await signInByCode(own)
  await own.server.time.advance({ seconds: 601 })
  await signedIn.client.refresh()
  return { own, ...signedIn }
}

describe('an account without a password', () => {
  test('gets another address by a sign-in of the last ten minutes', async () => {
    const { client } = await signInByCode(stage)
    const wanted = newAccount().email

    expect((await send(client, 'change-email', { new_email: wanted })).status).toBe(200)

    const { token } = (await readMail(server, wanted)).at(-1) ?? {}
    expect((await send(server.client(), 'change-email/confirm', { token })).status).toBe(200)
    expect((await client.me()).body).toMatchObject({ email: wanted, email_verified: true })
  })

  test('proves it by no password that somebody makes up, and these are counted', async () => {
    const { client } = await signInByCode(stage)
    const wanted = { new_email: newAccount().email, password: 'made up by somebody' }
    for (let count = 0; count < 5; count += 1)
      expect(await send(client, 'change-email', wanted)).toBeProblem(400, 'wrong_password')

    expect(await send(client, 'change-email', wanted)).toBeProblem(429, 'rate_limited')
    expect(await readMail(server, wanted.new_email)).toEqual([])
  })

  test('needs another sign-in later, and is not asked for a password that it has not', async () => {
    const { own, client, person } = await stale()
    const operations = [
      () => send(client, 'change-email', { new_email: newAccount().email }),
      () => client.send('/api/auth/me', { method: 'DELETE', json: {} }),
      () => send(client, 'social/link', { code: 'any', code_verifier: 'x'.repeat(43) }),
    ]

    for (const operate of operations) {
      const answer = await operate()
      expect(answer).toBeProblem(403, 'reauthentication_required')
      expect(answer.body.detail).toContain('Sign in again')
      expect(answer.body.errors).toBeUndefined()
    }

    const again = await signInByCode(own, person)
    expect((await send(again.client, 'change-email', { new_email: newAccount().email })).status).toBe(200)
    expect((await again.client.send('/api/auth/me', { method: 'DELETE', json: {} })).status).toBe(200)
  })

  test('gets its first one by mail, and goes on signing in with others', async () => {
    const { client, person } = await signInByCode(stage)
    await send(server.client(), 'forgot-password', { email: person.email })
    const { token } = (await readMail(server, person.email)).at(-1) ?? {}

    const body = { token, new_password: 'an entirely new ferry' }
    expect((await send(server.client(), 'reset-password', body)).status).toBe(200)

    expect((await client.me()).body.ended_reason).toBe('password_reset')
    const account = { email: person.email, password: body.new_password }
    expect((await server.client().login(account)).status).toBe(200)
    const again = await signInByCode(stage, person)
    const ways = (await again.client.send('/api/auth/social/identities')).body
    expect(ways).toMatchObject({ has_password: true, identities: [{ provider: 'oidc' }] })
  })
})

test('an account with a password changes its address by it, or by a sign-in of the last ten minutes', async () => {
  const own = await socialStageForThisTest(capturedMail)
  const client = own.server.client()
  const { account } = await client.register()
  await client.login(account)
  const asked = (extra: object = {}) =>
    send(client, 'change-email', { new_email: newAccount().email, ...extra })
  expect((await asked()).status).toBe(200)
  await own.server.time.advance({ seconds: 601 })
  await client.refresh()

  const late = await asked()

  expect(late).toBeProblem(403, 'reauthentication_required')
  expect(late.body.errors).toEqual([{ field: 'password', code: 'required', detail: 'Enter your password.' }])
  expect((await asked({ password: account.password })).status).toBe(200)
})
