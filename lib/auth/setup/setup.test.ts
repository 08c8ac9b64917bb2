import { describe, expect, test } from 'vitest'
import { type ApiClient, newAccount } from '#test/support/api-client.ts'
import { serverForThisTest, type TestServer } from '#test/support/harness.ts'
import { passwordWorkSoFar, sendUntilRoom } from '#test/support/observations.ts'
import { openSetup } from './setup.ts'

/** A fresh installation and the key that its terminal shows. */
async function freshInstallation(variables: Record<string, string> = {}) {
  const own = await serverForThisTest(variables)
  const key = await openSetup(own.runtime)
  return { own, key: key?.reveal() ?? '' }
}

function setUp(client: ApiClient, token: string, account = newAccount()) {
  return client.send('/api/setup', { json: { token, ...account } })
}

async function administrators({ database }: TestServer) {
  return database.sql<{ email: string; roles: string[] }>(
    `SELECT email, array_agg(roles.name ORDER BY roles.name) AS roles
     FROM users JOIN user_roles ON user_id = users.id JOIN roles ON roles.id = role_id
     GROUP BY email HAVING 'ADMIN' = ANY(array_agg(roles.name))`,
  )
}

describe('the right key makes the first administrator', () => {
  test('who has ADMIN and the default role, and signs in like everybody else', async () => {
    const { own, key } = await freshInstallation()
    const account = newAccount()

    const answer = await setUp(own.client(), key, account)

    expect(answer.status).toBe(200)
    expect(answer.body).toEqual({ status: 'success', message: expect.any(String) })
    expect(answer.headers.getSetCookie()).toEqual([])
    expect(await administrators(own)).toEqual([{ email: account.email, roles: ['ADMIN', 'USER'] }])
    expect((await own.client().login(account)).body.user.roles).toEqual(['ADMIN', 'USER'])
  })

  test('also while registration is closed', async () => {
    const { own, key } = await freshInstallation({ REGISTRATION: 'closed' })

    expect((await setUp(own.client(), key)).status).toBe(200)
  })

  test('it has 256 bits and is the same at every start until it is used', async () => {
    const { own, key } = await freshInstallation()

    expect(Buffer.from(key, 'base64url')).toHaveLength(32)
    expect((await openSetup(own.runtime))?.reveal()).toBe(key)
    const [setting] = await own.database.sql<{ value: string }>(
      "SELECT value FROM settings WHERE name = 'setup_nonce'",
    )
    expect(setting?.value).not.toContain(key)
  })
})

describe('it works once', () => {
  test('a second use is 400 link_used, and a start offers no further key', async () => {
    const { own, key } = await freshInstallation()
    await setUp(own.client(), key)

    expect(await setUp(own.client(), key)).toBeProblem(400, 'link_used')
    expect(await openSetup(own.runtime)).toBeNull()
    expect(await administrators(own)).toHaveLength(1)
  })

  test('of twenty parallel calls with the right key one makes an administrator, the others nothing', async () => {
    const { own, key } = await freshInstallation()

    const answers = await Promise.all(
      Array.from({ length: 20 }, () => sendUntilRoom(() => setUp(own.client(), key))),
    )

    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    for (const refused of answers.filter(({ status }) => status !== 200)) {
      expect(refused).toBeProblem(400, 'link_used')
    }
    expect(await administrators(own)).toHaveLength(1)
    expect(await own.database.sql('SELECT id FROM users')).toHaveLength(1)
  })

  test('an administrator who came in another way makes it void', async () => {
    const { own, key } = await freshInstallation()
    const { account } = await own.client().register()
    await own.database.sql('INSERT INTO user_roles (user_id, role_id) SELECT id, 2 FROM users')

    for (const token of [key, 'wrong']) expect(await setUp(own.client(), token)).toBeProblem(400, 'link_used')
    expect(await administrators(own)).toMatchObject([{ email: account.email }])
    expect(await openSetup(own.runtime)).toBeNull()
  })

  test('a taken address is refused and does not use it up', async () => {
    const { own, key } = await freshInstallation()
    const { account } = await own.client().register()

    expect(await setUp(own.client(), key, account)).toBeProblem(400, 'email_taken')
    expect((await setUp(own.client(), key)).status).toBe(200)
  })
})

describe('without the key nobody becomes administrator', () => {
  test('a wrong one is 400 link_invalid, without password work and without a row', async () => {
    const { own, key } = await freshInstallation()
    const last = key.endsWith('A') ? 'B' : 'A'
    for (const wrong of ['', 'x', `${key} `, `${key.slice(0, -1)}${last}`, key.toLowerCase(), key.slice(1)]) {
      expect(await setUp(own.client(), wrong), wrong).toBeProblem(400, 'link_invalid')
    }
    expect(await administrators(own)).toEqual([])
    expect(await own.database.sql('SELECT id FROM users')).toEqual([])
    expect(await passwordWorkSoFar(own.runtime)).toBe(0)
  })

  test('the key of another installation is a wrong one', async () => {
    const { own } = await freshInstallation()
    const { key } = await freshInstallation({ AUTH_SECRET: 'a root secret of another installation of this' })

    expect(await setUp(own.client(), key)).toBeProblem(400, 'link_invalid')
  })

  test('an address block has ten wrong keys an hour, which its registrations neither use up nor share', async () => {
    const { own, key } = await freshInstallation()
    const client = own.client()
    for (let attempt = 0; attempt < 10; attempt++) {
      expect(await setUp(client, 'wrong')).toBeProblem(400, 'link_invalid')
    }

    for (const any of ['wrong', key]) expect(await setUp(client, any)).toBeProblem(429, 'rate_limited')
    expect((await client.register()).status).toBe(200)
    expect(await administrators(own)).toEqual([])
    expect((await setUp(own.client(), key)).status).toBe(200)
  })

  test('a weak password, an unknown field and a missing one are 422 and use nothing up', async () => {
    const { own, key } = await freshInstallation()
    const account = newAccount()
    expect(await setUp(own.client(), key, { ...account, password: 'password1' })).toBeProblem(
      422,
      'weak_password',
    )
    for (const json of [{ token: key, ...account, roles: ['STAFF'] }, { token: key }, account]) {
      expect(await own.client().send('/api/setup', { json })).toBeProblem(422, 'invalid_request')
    }
    expect((await setUp(own.client(), key, account)).status).toBe(200)
  })
})
