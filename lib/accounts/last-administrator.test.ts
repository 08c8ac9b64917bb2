import { describe, expect, test } from 'vitest'
import type { ApiClient, Credentials } from '#test/support/api-client.ts'
import { newAccount } from '#test/support/api-client.ts'
import { serverBeside, serverForThisTest, type TestServer } from '#test/support/harness.ts'
import { capturedMail, readMail } from '#test/support/mailbox.ts'
import { changeRoles } from './change-roles.ts'
import { cleanAccounts } from './clean-accounts.ts'
import { createAdministrator } from './create-administrator.ts'
import { eraseAccount } from './delete-account.ts'
import { disableAccount, enableAccount } from './disable-account.ts'
import { findAccount } from './find-account.ts'

interface Administrator {
  account: Credentials
  client: ApiClient
}

async function administratorOn(server: TestServer): Promise<Administrator> {
  const account = newAccount()
  await createAdministrator(server.runtime, account)
  const client = server.client()
  await client.login(account)
  return { account, client }
}

const leave = ({ account, client }: Administrator) =>
  client.send('/api/auth/me', { method: 'DELETE', json: { password: account.password } })

async function usableAdministrators({ database }: TestServer): Promise<number> {
  const rows = await database.sql(
    `SELECT FROM user_roles JOIN users ON users.id = user_id
     WHERE role_id = 2 AND disabled_at IS NULL AND deleted_at IS NULL`,
  )
  return rows.length
}

describe('the last administrator who can sign in', () => {
  test('is not deleted by themselves: nothing ends, nothing is sent, and with another one it works', async () => {
    const own = await serverForThisTest(capturedMail)
    const only = await administratorOn(own)

    expect(await leave(only)).toBeProblem(409, 'last_administrator')

    expect((await only.client.me()).status).toBe(200)
    expect(await readMail(own, only.account.email)).toEqual([])
    await administratorOn(own)
    expect((await leave(only)).status).toBe(200)
  })

  test('is who is left when the other one is disabled, or deleted and may still come back', async () => {
    const own = await serverForThisTest(capturedMail)
    const [first, second] = [await administratorOn(own), await administratorOn(own)]
    const found = await findAccount(own.runtime, second.account.email)
    await disableAccount(own.runtime, found)
    expect(await leave(first)).toBeProblem(409, 'last_administrator')
    await enableAccount(own.runtime, found)
    await second.client.login(second.account)
    expect((await leave(second)).status).toBe(200)

    expect(await leave(first)).toBeProblem(409, 'last_administrator')

    await own.time.advance({ seconds: 14 * 86_400 + 1 })
    await cleanAccounts(own.runtime)
    await first.client.login(first.account)
    expect(await leave(first)).toBeProblem(409, 'last_administrator')
    expect(await usableAdministrators(own)).toBe(1)
  })

  test('is not removed by who says that the address is theirs', async () => {
    const own = await serverForThisTest(capturedMail)
    const { account } = await administratorOn(own)
    await own.client().send('/api/auth/verify-email/resend', { json: { email: account.email } })
    const token = (await readMail(own, account.email)).at(-1)?.token
    const disown = () => own.client().send('/api/auth/verify-email/disown', { json: { token } })

    expect(await disown()).toBeProblem(409, 'last_administrator')

    expect(await usableAdministrators(own)).toBe(1)
    await administratorOn(own)
    expect((await disown()).status).toBe(200)
  })

  test('is no obstacle where there is none: accounts come and go before the first one', async () => {
    const own = await serverForThisTest()
    const { account } = await own.client().register()
    const client = own.client()
    await client.login(account)

    expect((await leave({ account, client })).status).toBe(200)
  })
})

describe('administrators who leave at once', () => {
  test('all delete themselves, in two processes: one stays, whoever it is', async () => {
    const own = await serverForThisTest(capturedMail)
    const beside = await serverBeside(own)
    const stayed: Administrator[] = []
    for (let round = 0; round < 10; round += 1) {
      const people = [...stayed.splice(0), await administratorOn(own), await administratorOn(beside)]

      const answers = await Promise.all(people.map(leave))

      const refused = answers.filter(({ status }) => status !== 200)
      expect(refused).toHaveLength(1)
      expect(refused[0]).toBeProblem(409, 'last_administrator')
      expect(await usableAdministrators(own)).toBe(1)
      stayed.push(...people.filter((_, index) => answers[index]?.status !== 200))
    }
  })

  test('by every way at once: one stays', async () => {
    const own = await serverForThisTest(capturedMail)
    const beside = await serverBeside(own)
    const people = await Promise.all(Array.from({ length: 4 }, () => administratorOn(own)))
    const [first, second, third, fourth] = await Promise.all(
      people.map(({ account }) => findAccount(own.runtime, account.email)),
    )
    if (!first || !second || !third || !fourth) throw new Error('four were made')

    const outcomes = await Promise.allSettled([
      disableAccount(own.runtime, first),
      eraseAccount(beside.runtime, second),
      changeRoles(beside.runtime, third, { add: [], remove: ['ADMIN'] }),
      leave(people[3] as Administrator).then(({ status }) => {
        if (status !== 200) throw new Error(String(status))
      }),
    ])

    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(1)
    expect(await usableAdministrators(own)).toBe(1)
  })
})
