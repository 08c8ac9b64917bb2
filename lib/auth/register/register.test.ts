import { describe, expect, test } from 'vitest'
import { newAccount } from '#test/support/api-client.ts'
import { serverForThisTest, type TestServer, useServer } from '#test/support/harness.ts'
import { passwordWorkSoFar, sendUntilRoom, watchDatabase } from '#test/support/observations.ts'

const server = useServer()

/** Rows that belong to the accounts with this address, whatever its letter case. */
async function rowsOf(email: string, { database }: TestServer = server) {
  const [row] = await database.sql<{ users: number; passwords: number; roles: string[] }>(
    `SELECT count(DISTINCT u.id)::int AS users, count(DISTINCT p.user_id)::int AS passwords,
       coalesce(array_agg(r.name) FILTER (WHERE r.name IS NOT NULL), '{}') AS roles
     FROM users u LEFT JOIN password_credentials p ON p.user_id = u.id
       LEFT JOIN user_roles ur ON ur.user_id = u.id LEFT JOIN roles r ON r.id = ur.role_id
     WHERE lower(u.email) = lower($1)`,
    [email],
  )
  return row
}

describe('a registration creates an account', () => {
  test('it answers 200 with the user, signs nobody in and writes one user, one password and the default role', async () => {
    const client = server.client()
    const { account, ...answer } = await client.register()

    expect(answer.status).toBe(200)
    expect(answer.body).toEqual({
      status: 'success',
      message: 'User registered successfully',
      user: {
        id: expect.any(Number),
        email: account.email,
        username: account.username,
        roles: ['USER'],
        email_verified: false,
      },
    })
    expect(answer.headers.getSetCookie()).toEqual([])
    expect(await rowsOf(account.email)).toEqual({ users: 1, passwords: 1, roles: ['USER'] })
    expect(
      await server.database.sql('SELECT 1 FROM sessions WHERE user_id = $1', [answer.body.user.id]),
    ).toEqual([])
  })

  test('the password is stored as an argon2id hash of its NFC form and nowhere else', async () => {
    const server = await serverForThisTest({}, { hashesForReal: true })
    const decomposed = 'cafe\u0301 by the quiet harbour'
    const { account } = await server.client().register({ password: decomposed })

    const [row] = await server.database.sql<{ hash: string }>(
      `SELECT password_hash AS hash FROM password_credentials
       JOIN users ON users.id = user_id WHERE email = $1`,
      [account.email],
    )
    expect(row?.hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    for (const spelling of [decomposed, decomposed.normalize('NFC')]) {
      const login = await server.client().login({ email: account.email, password: spelling })
      expect(login.status).toBe(200)
    }
    expect(JSON.stringify(server.logs)).not.toContain('by the quiet harbour')
  })

  test('the domain of the address is stored as lower-case punycode, the local part as it was given', async () => {
    const { account } = await server.client().register()
    const local = `Anna.${account.username.slice(5)}`
    const answer = await server.client().register({ email: `${local}@BÜCHER.Example` })

    expect(answer.body.user.email).toBe(`${local}@xn--bcher-kva.example`)
  })

  test('a user name is brought into NFKC, so two spellings of one name are one name', async () => {
    const tail = newAccount().username.slice(-8)
    const first = await server.client().register({ username: `Ｆｉﬁ_${tail}` })
    expect(first.body.user.username).toBe(`Fifi_${tail}`)

    for (const taken of [`Fifi_${tail}`, `fIFI_${tail}`, `ＦＩＦＩ_${tail}`]) {
      expect(await server.client().register({ username: taken })).toBeProblem(400, 'username_taken')
    }
  })

  test('letters of every script make a user name, compared without regard to case', async () => {
    const tail = Number.parseInt(newAccount().username.slice(-8), 16)
    const answer = await server.client().register({ username: `Мария-${tail}` })
    expect(answer.status).toBe(200)

    expect(await server.client().register({ username: `МАРИЯ-${tail}` })).toBeProblem(400, 'username_taken')
  })

  test('letters of scripts that look alike, and letters that show nothing, do not make one together', async () => {
    for (const username of [
      'аdministrator',
      'root\u3164',
      '\u3164\u3164\u3164',
      'İstanbul',
      'x'.repeat(65),
    ]) {
      const answer = await server.client().register({ username })
      expect(answer, username).toBeProblem(422, 'invalid_request')
      expect(answer.body.errors).toMatchObject([{ field: 'username' }])
    }
  })

  test('fields it does not know are ignored, as in the old backend', async () => {
    const account = newAccount()
    const answer = await server.client().send('/api/auth/register', {
      json: { ...account, id: 1, roles: ['ADMIN'], email_verified: true, is_admin: true },
    })

    expect(answer.status).toBe(200)
    expect(answer.body.user).toMatchObject({ roles: ['USER'], email_verified: false })
    expect(await rowsOf(account.email)).toEqual({ users: 1, passwords: 1, roles: ['USER'] })
  })

  test('new accounts get DEFAULT_ROLE', async () => {
    const own = await serverForThisTest({ DEFAULT_ROLE: 'staff' })

    const answer = await own.client().register()

    expect(answer.body.user.roles).toEqual(['STAFF'])
  })

  test('it costs at most four round trips to the database', async () => {
    const own = await serverForThisTest()
    const watched = watchDatabase(own.runtime)

    expect((await own.client().register()).status).toBe(200)

    expect(watched.names.length, watched.names.join()).toBeLessThanOrEqual(4)
  })
})

describe('one address, one account', () => {
  test('of fifty parallel registrations of one address in different letter case exactly one succeeds', async () => {
    const { email } = newAccount()
    const spell = (mask: number) =>
      [...email].map((letter, index) => ((mask >> (index % 6)) & 1 ? letter.toUpperCase() : letter)).join('')

    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, mask) =>
        sendUntilRoom(() => server.client().register({ email: spell(mask) })),
      ),
    )

    const created = answers.filter((answer) => answer.status === 200)
    expect(created).toHaveLength(1)
    for (const answer of answers.filter((other) => other !== created[0])) {
      expect(answer).toBeProblem(400, 'email_taken')
      expect(answer.body.detail).toBe('Email already registered')
    }
    expect(await rowsOf(email)).toEqual({ users: 1, passwords: 1, roles: ['USER'] })
  })

  test('a taken user name is 400 username_taken and names its field', async () => {
    const { account } = await server.client().register()

    const answer = await server.client().register({ username: account.username.toUpperCase() })

    expect(answer).toBeProblem(400, 'username_taken')
    expect(answer.body.errors).toMatchObject([{ field: 'username', code: 'username_taken' }])
  })

  test('a refused registration writes nothing and leaves the account that was there as it is', async () => {
    const { account } = await server.client().register()
    const { email } = newAccount()
    await server.client().register({ email, username: account.username })
    expect(await rowsOf(email)).toMatchObject({ users: 0, passwords: 0 })

    await server.client().register({ email: account.email, password: 'another quiet harbour' })

    const login = await server.client().login({ email: account.email, password: account.password })
    expect(login.status).toBe(200)
  })
})

describe('what an account may not be made of', () => {
  test('an address that is not one, a user name of the wrong form and a password over 1,024 bytes are 422, field by field', async () => {
    const answer = await server.client().send('/api/auth/register', {
      json: { email: 'Anna <anna@example.com>', username: 'a@b', password: 'é'.repeat(513) },
    })

    expect(answer).toBeProblem(422, 'invalid_request')
    const fields = answer.body.errors.map((error: { field: string }) => error.field)
    expect(fields.toSorted()).toEqual(['email', 'password', 'username'])
  })

  test('a missing field is 422 and called required', async () => {
    const answer = await server.client().send('/api/auth/register', { json: { email: newAccount().email } })

    expect(answer).toBeProblem(422, 'invalid_request')
    expect(answer.body.errors).toMatchObject([
      { field: 'username', code: 'required' },
      { field: 'password', code: 'required' },
    ])
  })

  test('a short, a common and a password built from the account are 422 weak_password, without a hash or a row', async () => {
    const own = await serverForThisTest()
    const account = newAccount()
    const name = account.username.slice(5)
    const wide = 'ｐａｓｓｗｏｒｄ１'
    const weak = [
      'seven77',
      'password1',
      'Football1',
      'pass\u200bword1',
      wide,
      'zzzzzzzzz',
      '          ',
      account.email,
      `${name}-${name}`,
      'session-Management',
    ]
    for (const password of weak) {
      const answer = await own.client().register({ ...account, password })

      expect(answer).toBeProblem(422, 'weak_password')
      expect(answer.body.errors).toMatchObject([{ field: 'password', code: 'weak_password' }])
    }
    expect(await rowsOf(account.email, own)).toMatchObject({ users: 0, passwords: 0 })
    expect(await passwordWorkSoFar(own.runtime)).toBe(0)
  })

  test('PASSWORD_MIN_LENGTH counts characters as people do', async () => {
    const own = await serverForThisTest({ PASSWORD_MIN_LENGTH: '15' })

    expect(await own.client().register({ password: '🦉🌊🪁'.repeat(4) })).toBeProblem(422, 'weak_password')
    expect((await own.client().register({ password: '🦉🌊🪁'.repeat(5) })).status).toBe(200)
  })

  test('nothing forces digits, capitals or signs upon a password', async () => {
    for (const password of ['of all the small boats', '90718263549081', '🦉🦉🌊🌊🪁🪁🫖🫖']) {
      expect((await server.client().register({ password })).status).toBe(200)
    }
  })
})

describe('who may register, and how often', () => {
  test('while registration is closed it is 403 and nothing is written', async () => {
    const own = await serverForThisTest({ REGISTRATION: 'closed' })

    const { account, ...answer } = await own.client().register()

    expect(answer).toBeProblem(403, 'registration_closed')
    expect(await rowsOf(account.email, own)).toMatchObject({ users: 0, passwords: 0 })
    expect(await passwordWorkSoFar(own.runtime)).toBe(0)
  })

  test('an address block has ten an hour, created or taken; from the eleventh on it is 429, other blocks go on', async () => {
    const address = '192.0.2.17'
    const { account } = await server.client({ address }).register()
    for (let remaining = 8; remaining >= 0; remaining--) {
      const taken = await server.client({ address }).register({ email: account.email })
      expect(taken).toBeProblem(400, 'email_taken')
    }

    for (const attempt of ['the eleventh', 'the twelfth']) {
      const { account: refused, ...answer } = await server.client({ address }).register()
      expect(answer, attempt).toBeProblem(429, 'rate_limited')
      const seconds = Number(answer.headers.get('retry-after'))
      expect(seconds).toBeGreaterThan(3500)
      expect(seconds).toBeLessThanOrEqual(3600)
      expect(answer.headers.get('ratelimit')).toBe(`"registration";r=0;t=${seconds}`)
      expect(answer.headers.get('ratelimit-policy')).toBe('"registration";q=10;w=3600')
      expect(await rowsOf(refused.email)).toMatchObject({ users: 0, passwords: 0 })
    }
    expect((await server.client({ address: '192.0.2.18' }).register()).status).toBe(200)
  })

  test('a success tells how many are left', async () => {
    const client = server.client()
    expect((await client.register()).headers.get('ratelimit')).toMatch(/^"registration";r=9;t=(3600|3599)$/)
    expect((await client.register()).headers.get('ratelimit')).toMatch(/^"registration";r=8;t=\d+$/)
  })

  test('the addresses of one IPv6 /64 share their ten', async () => {
    for (let host = 1; host <= 10; host++) {
      const client = server.client({ address: `2001:db8:7:7::${host}` })
      expect(await client.register({ email: `not-counted-${host}` })).toBeProblem(422, 'invalid_request')
      expect((await client.register()).status).toBe(200)
    }

    expect(await server.client({ address: '2001:db8:7:7:ffff::1' }).register()).toBeProblem(
      429,
      'rate_limited',
    )
    expect((await server.client({ address: '2001:db8:7:8::1' }).register()).status).toBe(200)
  })

  test('with the table of the windows gone the limit still holds', async () => {
    const own = await serverForThisTest()
    await own.database.sql('ALTER TABLE limiter RENAME TO limiter_gone')
    const address = '192.0.2.99'
    for (let attempt = 1; attempt <= 10; attempt++) {
      expect((await own.client({ address }).register()).status).toBe(200)
    }

    expect(await own.client({ address }).register()).toBeProblem(429, 'rate_limited')
  })
})
