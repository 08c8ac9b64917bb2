import argon2 from 'argon2'
import bcrypt from 'bcryptjs'
import { describe, expect, test } from 'vitest'
import { type Credentials, newAccount, signIn } from '#test/support/api-client.ts'
import type { TestAnswer } from '#test/support/check-answer.ts'
import { serverForThisTest, type TestServer, testAppUrl, useServer } from '#test/support/harness.ts'
import { passwordWorkSoFar, watchDatabase } from '#test/support/observations.ts'

const server = useServer()
const cookieName = 'session_8000'

/** An account of its own on this server. */
async function accountOn({ client }: TestServer = server): Promise<Credentials & { id: number }> {
  const { account, ...registered } = await client().register()
  return { ...account, id: registered.body.user.id }
}

function disable({ id }: { id: number }) {
  return server.database.sql('UPDATE users SET disabled_at = app_now() WHERE id = $1', [id])
}

async function storePassword({ database }: TestServer, { id }: { id: number }, hash: string) {
  await database.sql('UPDATE password_credentials SET password_hash = $2 WHERE user_id = $1', [id, hash])
}

async function storedHash({ database }: TestServer, { id }: { id: number }) {
  const [row] = await database.sql<{ password_hash: string }>(
    'SELECT password_hash FROM password_credentials WHERE user_id = $1',
    [id],
  )
  return row?.password_hash
}

async function sessionsOf({ id }: { id: number }, { database }: TestServer = server): Promise<number> {
  const [row] = await database.sql<{ count: number }>(
    'SELECT count(*)::int AS count FROM sessions WHERE user_id = $1',
    [id],
  )
  return row?.count ?? 0
}

/** All of an answer that may tell one account from another. */
function visible({ status, headers, body }: TestAnswer) {
  const { request_id, ...rest } = body
  const named = [...headers].filter(([name]) => name !== 'x-request-id')
  return { status, headers: Object.fromEntries(named), body: rest, hasId: Boolean(request_id) }
}

describe('a right password starts a session', () => {
  test('over the bearer transport the tokens are in the body and no cookie is set', async () => {
    const account = await accountOn()
    const client = server.client()

    const answer = await client.login(account)

    expect(answer.status).toBe(200)
    expect(answer.body).toEqual({
      access_token: expect.any(String),
      refresh_token: expect.any(String),
      token_type: 'bearer',
      expires_in: 600,
      user: {
        id: account.id,
        email: account.email,
        username: account.username,
        roles: ['USER'],
        email_verified: false,
      },
    })
    expect(answer.headers.getSetCookie()).toEqual([])
    expect((await client.me()).body.session.kind).toBe('bearer')
  })

  test('by address and by user name, in any letter case and with space around it', async () => {
    const account = await accountOn()
    const { email, username, password } = account
    for (const identifier of [email, email.toUpperCase(), ` ${email}\n`, username, username.toUpperCase()]) {
      const answer = await server.client().login({ email: identifier, password })
      expect(answer.status, identifier).toBe(200)
      expect(answer.body.user.id).toBe(account.id)
    }
  })

  test('by an address whose domain is written in Unicode, and by any spelling of a user name', async () => {
    const { email, username, password } = newAccount()
    const account = {
      email: email.replace('example.com', 'bücher.example'),
      username: `ﬁ${username}`,
      password,
    }
    await server.client().register(account)

    for (const identifier of [account.email, `FI${username}`]) {
      expect((await server.client().login({ email: identifier, password })).status).toBe(200)
    }
  })

  test('it costs at most four round trips to the database', async () => {
    const own = await serverForThisTest()
    const account = await accountOn(own)
    await own.client().login(account)
    const watched = watchDatabase(own.runtime)

    await own.client().login(account)

    expect(watched.names.length, watched.names.join()).toBeLessThanOrEqual(4)
  })

  test('neither the password nor a token is written to the log', async () => {
    const own = await serverForThisTest()
    const account = await accountOn(own)
    const client = own.client()
    await client.login(account)
    await client.login({ ...account, password: 'not the right one' })
    await client.login({ ...account, transport: 'cookie' })

    const log = JSON.stringify(own.logs)
    const secrets = [account.password, 'not the right one', client.accessToken, client.refreshToken]
    for (const secret of [...secrets, ...client.cookies.values()]) expect(log).not.toContain(secret)
  })
})

describe('a refused sign-in tells nothing about the account', () => {
  test('an unknown account, a wrong password, an account without a password and a disabled one answer alike, after equal work', async () => {
    const own = await serverForThisTest()
    const known = await accountOn(own)
    const without = await accountOn(own)
    await own.database.sql('DELETE FROM password_credentials WHERE user_id = $1', [without.id])
    const disabled = await accountOn(own)
    await own.database.sql('UPDATE users SET disabled_at = app_now() WHERE id = $1', [disabled.id])
    const answers: TestAnswer[] = []
    for (const email of [
      newAccount().email,
      newAccount().username,
      'é'.repeat(3000),
      `İ@${'x'.repeat(300)}.example`,
      known.email,
      without.email,
      disabled.email,
    ]) {
      const before = await passwordWorkSoFar(own.runtime)
      answers.push(await own.client().login({ email, password: 'not the right one' }))
      expect(await passwordWorkSoFar(own.runtime)).toBe(before + 1)
    }

    const [first] = answers
    if (!first) throw new Error('no answer')
    expect(first).toBeProblem(401, 'invalid_credentials')
    expect(first.body.detail).toBe('Invalid email or password')
    expect(first.headers.get('www-authenticate')).toBe('Bearer realm="localhost:8000"')
    for (const answer of answers) expect(visible(answer)).toEqual(visible(first))
  })

  test('any text that is not empty is a well-formed identifier', async () => {
    const client = server.client()
    for (const email of [
      ' ',
      'a',
      '@',
      'a@b@c',
      "' OR 1=1 --",
      '%',
      '🦉',
      'é'.repeat(3000),
      'é'.repeat(65),
      `${'a'.repeat(260)}@example.com`,
      'alİce@example.com',
      'a@exa mple.com',
    ]) {
      expect(await client.login({ email, password: 'whatever it is' }), email).toBeProblem(
        401,
        'invalid_credentials',
      )
    }
  })

  test('a missing or empty field is 422 and counts as no try', async () => {
    const client = server.client()
    for (const json of [
      {},
      { email: 'anna' },
      { email: '', password: 'x' },
      { email: 'anna', password: '' },
    ]) {
      expect(await client.send('/api/auth/login', { json })).toBeProblem(422, 'invalid_request')
    }
  })

  test('a password over 1,024 bytes is a plain 401 after the same work, also where its first 1,024 are right', async () => {
    const { account } = await server.client().register({ password: 'öä'.repeat(256) })
    const before = await passwordWorkSoFar(server.runtime)

    const answer = await server.client().login({ ...account, password: `${account.password}ö` })

    expect(answer).toBeProblem(401, 'invalid_credentials')
    expect(await passwordWorkSoFar(server.runtime)).toBe(before + 1)
    expect((await server.client().login(account)).status).toBe(200)
  })

  test('that an account is disabled is told only after the right password, and no session begins', async () => {
    const account = await accountOn()
    await disable(account)

    expect(await server.client().login({ ...account, password: 'wrong one here' })).toBeProblem(
      401,
      'invalid_credentials',
    )
    expect(await server.client().login(account)).toBeProblem(403, 'account_disabled')
    expect(await sessionsOf(account)).toBe(0)
  })

  test('a deleted account is an unknown one', async () => {
    const account = await accountOn()
    await server.database.sql('UPDATE users SET deleted_at = app_now() WHERE id = $1', [account.id])

    expect(await server.client().login(account)).toBeProblem(401, 'invalid_credentials')
  })

  test('LOGIN_FAILURE_STATUS=400 changes the status of a refused sign-in and nothing else', async () => {
    const own = await serverForThisTest({ LOGIN_FAILURE_STATUS: '400' })

    const answer = await own.client().login({ email: 'nobody', password: 'whatever it is' })

    expect(answer).toBeProblem(400, 'invalid_credentials')
    expect(answer.body.status).toBe(400)
    expect(await own.client().me()).toBeProblem(401, 'unauthenticated')
  })
})

describe('hashes from elsewhere', () => {
  const server = useServer({}, { hashesForReal: true })
  const password = 'quiet imported harbour'
  const hashes: [string, () => Promise<string> | string][] = [
    ['bcrypt $2b$', () => bcrypt.hashSync(password, 5)],
    ['bcrypt $2a$', () => bcrypt.hashSync(password, 5).replace('$2b$', '$2a$')],
    ['bcrypt $2y$', () => bcrypt.hashSync(password, 5).replace('$2b$', '$2y$')],
    [
      'argon2id with less memory',
      () => argon2.hash(password, { memoryCost: 4096, timeCost: 2, parallelism: 1 }),
    ],
    [
      'argon2id with fewer passes',
      () => argon2.hash(password, { memoryCost: 19_456, timeCost: 1, parallelism: 1 }),
    ],
    ['argon2i', () => argon2.hash(password, { type: argon2.argon2i, memoryCost: 4096, timeCost: 3 })],
  ]

  test.each(hashes)(
    '%s is verified, and replaced by one of today at the next right sign-in',
    async (_, make) => {
      const account = await accountOn(server)
      const imported = await make()
      await storePassword(server, account, imported)

      const wrong = await server.client().login({ ...account, password: 'not the right one' })
      expect(wrong).toBeProblem(401, 'invalid_credentials')
      expect(await storedHash(server, account)).toBe(imported)

      for (const attempt of ['with the old hash', 'with the new one']) {
        expect((await server.client().login({ ...account, password })).status, attempt).toBe(200)
        expect(await storedHash(server, account)).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
      }
    },
  )

  test('a hash of the bytes as they were typed, not of their NFC form, is verified too', async () => {
    const account = await accountOn(server)
    const decomposed = 'cafe\u0301 au lait a\u0300 la carte'
    await storePassword(server, account, bcrypt.hashSync(decomposed, 4))

    expect((await server.client().login({ ...account, password: decomposed })).status).toBe(200)
    expect((await server.client().login({ ...account, password: decomposed.normalize('NFC') })).status).toBe(
      200,
    )
  })

  test('a stored hash of an unknown format or an outrageous cost is a wrong password, never a 500', async () => {
    const account = await accountOn(server)
    const outrageous = [
      'plain text',
      '',
      `$2b$31$${'a'.repeat(53)}`,
      '$argon2id$v=19$m=4194304,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo',
    ]
    for (const hash of outrageous) {
      await storePassword(server, account, hash)
      expect(await server.client().login(account), hash).toBeProblem(401, 'invalid_credentials')
    }
  })
})

describe('the cookie transport', () => {
  test('the session is in a cookie of the browser, and no token anywhere in the body', async () => {
    const account = await accountOn()
    const client = server.client()

    const answer = await client.login({ ...account, transport: 'cookie' })

    expect(answer.status).toBe(200)
    expect(Object.keys(answer.body).toSorted()).toEqual(['expires_in', 'user'])
    expect(answer.body.expires_in).toBe(7 * 86_400)
    const [session] = answer.headers.getSetCookie()
    expect(session).toMatch(
      /^session_8000=[\w-]+\.[\w-]+\.[\w-]+; Path=\/; HttpOnly; SameSite=Lax; Max-Age=2592000$/,
    )
    expect((await client.me()).body.session.kind).toBe('cookie')
  })

  test('on https the cookies are __Host- and Secure, without a Domain', async () => {
    const own = await serverForThisTest({
      APP_URL: 'https://auth.example.com',
      ALLOWED_HOSTS: 'localhost:8000',
    })
    const { account } = await own.client().register()

    const answer = await own.client().send('/api/auth/login', {
      json: { ...account, transport: 'cookie' },
      headers: { origin: 'https://auth.example.com' },
    })

    const cookies = answer.headers.getSetCookie()
    expect(cookies.map((cookie) => cookie.split('=', 1)[0])).toEqual(['__Host-session', '__Host-device'])
    for (const cookie of cookies) {
      expect(cookie).toMatch(/; Path=\/; HttpOnly; SameSite=Lax; Max-Age=\d+; Secure$/)
    }
  })

  test('on plain http of another machine it is 400 cookie_needs_https', async () => {
    const own = await serverForThisTest()
    const { account } = await own.client().register()
    const appUrl = 'http://auth.example.com'
    // No configuration that starts has such an address; this is what answers if one ever does.
    own.runtime.config = { ...own.runtime.config, appUrl }

    const answer = await own.client().send('/api/auth/login', {
      json: { ...account, transport: 'cookie' },
      headers: { origin: appUrl },
    })

    expect(answer).toBeProblem(400, 'cookie_needs_https')
    expect((await own.client().login(account)).status).toBe(200)
  })

  test('without "remember" the browser forgets the cookie when it closes, and the server after 12 hours of disuse', async () => {
    const own = await serverForThisTest()
    const account = await accountOn(own)
    const client = own.client()

    const answer = await client.login({ ...account, transport: 'cookie', remember: false })

    expect(answer.headers.getSetCookie()[0]).toMatch(/; Path=\/; HttpOnly; SameSite=Lax$/)
    expect(answer.body.expires_in).toBe(12 * 3600)
    await own.time.advance({ seconds: 12 * 3600 })
    expect((await client.me()).status).toBe(200)
    await own.time.advance({ seconds: 61 })
    const late = await client.me()
    expect(late).toBeProblem(401, 'session_ended')
    expect(late.body.ended_reason).toBe('idle')
  })

  test('a sign-in that carries a live cookie ends that session, also one of another account', async () => {
    const client = server.client()
    await signIn(client, 'cookie')
    const left = client.cookies.get(cookieName) ?? ''
    const another = await accountOn()

    await client.login({ ...another, transport: 'cookie' })

    expect((await client.me()).body.id).toBe(another.id)
    client.cookies.set(cookieName, left)
    const me = await client.me()
    expect(me).toBeProblem(401, 'session_ended')
    expect(me.body.ended_reason).toBe('signed_out')
  })

  test('a refused sign-in leaves the session of the cookie alone', async () => {
    const client = server.client()
    const account = await signIn(client, 'cookie')

    await client.login({ ...account, password: 'not the right one', transport: 'cookie' })

    expect((await client.me()).status).toBe(200)
  })

  test('a sign-in without a cookie ends no other session', async () => {
    const client = server.client()
    const account = await signIn(client, 'cookie')

    await server.client().login({ ...account, transport: 'cookie' })

    expect((await client.me()).status).toBe(200)
  })
})

describe('who may be signed in with a cookie', () => {
  const foreign: [string, Record<string, string>][] = [
    ['a foreign origin', { origin: 'https://evil.example' }],
    ['the origin null', { origin: 'null' }],
    ['an empty origin', { origin: '' }],
    ['an origin that begins like ours', { origin: `${testAppUrl}.evil.example` }],
    ['our host on another port', { origin: 'http://localhost:8001' }],
    ['our host over https', { origin: 'https://localhost:8000' }],
    ['our origin in capitals', { origin: testAppUrl.toUpperCase() }],
    ['our origin with a slash', { origin: `${testAppUrl}/` }],
    ['two origins', { origin: `${testAppUrl}, https://evil.example` }],
    [
      'a foreign origin that claims to be same-origin',
      { origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' },
    ],
    ['no origin, cross-site', { 'sec-fetch-site': 'cross-site' }],
    ['no origin, same-site', { 'sec-fetch-site': 'same-site' }],
    ['no origin, typed by a person', { 'sec-fetch-site': 'none' }],
    ['neither origin nor Sec-Fetch-Site', {}],
  ]

  test.each(foreign)(
    '%s is 403 origin_refused, without password work and without a session',
    async (_, headers) => {
      const account = await accountOn()
      const before = await passwordWorkSoFar(server.runtime)

      const answer = await server.client().send('/api/auth/login', {
        json: { ...account, transport: 'cookie' },
        headers,
      })

      expect(answer).toBeProblem(403, 'origin_refused')
      expect(answer.headers.getSetCookie()).toEqual([])
      expect(await passwordWorkSoFar(server.runtime)).toBe(before)
      expect(await sessionsOf(account)).toBe(0)
    },
  )

  test('our own origin, a listed one, and without Origin a browser that says same-origin are let in', async () => {
    const own = await serverForThisTest({ ALLOWED_ORIGINS: 'https://app.example.com' })
    const { account } = await own.client().register()
    const ours = [
      { origin: testAppUrl },
      { origin: 'https://app.example.com' },
      { 'sec-fetch-site': 'same-origin' },
    ] as Record<string, string>[]
    for (const headers of ours) {
      const json = { ...account, transport: 'cookie' }
      expect((await own.client().send('/api/auth/login', { json, headers })).status).toBe(200)
    }
  })

  test('the bearer transport asks for no origin, but not while the request carries our cookie', async () => {
    const account = await accountOn()
    const headers = { origin: 'https://evil.example' }
    const bare = await server.client().send('/api/auth/login', { json: account, headers })
    expect(bare.status).toBe(200)
    expect(bare.headers.has('access-control-allow-origin')).toBe(false)

    const client = server.client()
    await signIn(client, 'cookie')
    const carrying = await client.send('/api/auth/login', { json: account, headers })
    expect(carrying).toBeProblem(403, 'origin_refused')
  })
})

describe('a password change overtakes a sign-in that is under way', () => {
  /** Runs `meanwhile` after the password was found right and before the session is made. */
  async function signInOvertakenBy(own: TestServer, account: Credentials, meanwhile: () => Promise<unknown>) {
    const { runtime } = own
    const passwords = runtime.passwords
    runtime.passwords = {
      ...passwords,
      async verify(storedHash, presented) {
        const verdict = await passwords.verify(storedHash, presented)
        runtime.passwords = passwords
        await meanwhile()
        return verdict
      },
    }
    return own.client().login(account)
  }

  test('a sign-in with the old password that was verified before the change gets no session', async () => {
    const own = await serverForThisTest()
    const client = own.client()
    const account = await signIn(client)
    const change = () =>
      client.send('/api/auth/change-password', {
        json: { current_password: account.password, new_password: 'a brand new harbour' },
      })

    const overtaken = await signInOvertakenBy(own, account, async () => {
      expect((await change()).status).toBe(200)
    })

    expect(overtaken).toBeProblem(401, 'invalid_credentials')
    const { body } = await client.send('/api/auth/sessions')
    expect(body.sessions).toMatchObject([{ current: true }])
  })

  test('nor does one that waits for the change to be committed', async () => {
    const own = await serverForThisTest()
    const client = own.client()
    const account = await accountOn(own)
    let overtaken: Promise<TestAnswer> | undefined

    await own.runtime.database.transaction(async (transaction) => {
      await transaction.run({
        name: 'epoch_of_the_test',
        text: 'UPDATE users SET session_epoch = session_epoch + 1 WHERE id = $1',
        values: [account.id],
      })
      overtaken = client.login(account)
      await expect.poll(() => waitingForLock(own), { timeout: 5000 }).toBe(1)
    })

    expect(await overtaken).toBeProblem(401, 'invalid_credentials')
    expect(await sessionsOf(account, own)).toBe(0)
  })

  async function waitingForLock({ database }: TestServer): Promise<number> {
    const [row] = await database.sql<{ count: number }>(
      `SELECT count(*)::int AS count FROM pg_stat_activity
       WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    )
    return row?.count ?? 0
  }

  test('one whose account is disabled meanwhile gets no session either', async () => {
    const own = await serverForThisTest()
    const account = await accountOn(own)

    const overtaken = await signInOvertakenBy(own, account, () =>
      own.database.sql('UPDATE users SET disabled_at = app_now() WHERE id = $1', [account.id]),
    )

    expect(overtaken).toBeProblem(401, 'invalid_credentials')
    expect(await sessionsOf(account, own)).toBe(0)
  })
})

describe('more sign-ins than can be hashed', () => {
  /** As much password work as the queue takes, and more. */
  const fill = ({ hash }: TestServer['runtime']['passwords']) =>
    Promise.allSettled(Array.from({ length: 300 }, () => hash('work of somebody else')))

  test('while the queue is full a sign-in is 503 overloaded at once, without a query', async () => {
    const own = await serverForThisTest()
    const account = await accountOn(own)
    const watched = watchDatabase(own.runtime)
    const work = fill(own.runtime.passwords)

    const answer = await own.client().login(account)

    expect(answer).toBeProblem(503, 'overloaded')
    expect(watched.names).toEqual([])
    await work
  })

  test('one that finds the queue full after it was counted is not counted', async () => {
    const own = await serverForThisTest()
    const account = await accountOn(own)
    const passwords = own.runtime.passwords
    const work: Promise<unknown>[] = []
    own.runtime.passwords = {
      ...passwords,
      verify(storedHash, presented) {
        work.push(fill(passwords))
        return passwords.verify(storedHash, presented)
      },
    }

    const answer = await own.client().login(account)

    expect(answer).toBeProblem(503, 'overloaded')
    const counted = await own.database.sql<{ refused: number }>('SELECT refused FROM attempt_budgets')
    expect(counted.map(({ refused }) => refused)).toEqual([0, 0])
    await Promise.all(work)
  })
})
