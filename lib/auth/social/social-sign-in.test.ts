import { describe, expect, test } from 'vitest'
import { signIn } from '#test/support/api-client.ts'
import { readMail } from '#test/support/mailbox.ts'
import {
  begin,
  comeBack,
  dance,
  formHeaders,
  newPerson,
  passProvider,
  type SocialId,
  socialStageForThisTest,
  useSocialServer,
} from '#test/support/social-scenes.ts'

const stage = useSocialServer()
const { server } = stage

async function eventsOf(userId: number) {
  const rows = await server.database.sql<{ name: string }>(
    'SELECT name FROM audit_events WHERE user_id = $1 ORDER BY id',
    [userId],
  )
  return rows.map(({ name }) => name)
}

describe.each<SocialId>(['oidc', 'github'])('a sign-in with %s', (id) => {
  test('makes an account with a proven address and no password, and ends in our session', async () => {
    const client = server.client()
    const person = newPerson()

    const { answer, location } = await dance(stage, client, id, { person, callbackUrl: '/account/sessions' })

    expect(answer.status).toBe(303)
    expect(location.href).toBe('http://localhost:8000/account/sessions')
    const { body: me } = await client.me()
    expect(me).toMatchObject({ email: person.email, email_verified: true, roles: ['USER'] })
    expect(me.session).toMatchObject({ kind: 'cookie', amr: ['fed', id] })
    expect(await eventsOf(me.id)).toEqual(['account_registered', 'signed_in'])
    expect((await readMail(server, person.email)).map(({ template }) => template)).toEqual(['welcome'])
    const stored = await server.database.sql('SELECT * FROM identities WHERE user_id = $1', [me.id])
    expect(stored).toEqual([
      expect.objectContaining({ issuer: stage.provider.issuer, subject: person.subject, provider: id }),
    ])
    const listed = (await client.send('/api/auth/sessions')).body.sessions
    expect(listed).toEqual([expect.objectContaining({ id: me.session.id, amr: ['fed', id] })])
  })

  test('finds the same account again by the subject, whatever the address is by then', async () => {
    const first = server.client()
    const person = newPerson()
    await dance(stage, first, id, { person })
    const { id: userId, email } = (await first.me()).body

    const again = server.client()
    await dance(stage, again, id, { person, faults: ['email-changed'] })

    expect((await again.me()).body).toMatchObject({ id: userId, email })
  })
})

describe('a session that began with a provider', () => {
  test('ends at once when it is ended, like any other', async () => {
    const client = server.client()
    const person = newPerson()
    await dance(stage, client, 'oidc', { person })
    const other = server.client()
    await dance(stage, other, 'oidc', { person })
    const { id } = (await client.me()).body.session

    await other.send(`/api/auth/sessions/${id}`, { method: 'DELETE', headers: formHeaders })

    expect((await client.me()).body).toMatchObject({ code: 'session_ended', ended_reason: 'revoked_by_user' })
    expect((await client.send('/api/auth/session')).text).toBe('null')
  })

  test('takes the place of the one whose cookie this browser carried', async () => {
    const client = server.client()
    await signIn(client, 'cookie')
    const before = (await client.me()).body.session.id

    await dance(stage, client, 'oidc', { person: newPerson() })

    expect((await client.me()).body.session.id).not.toBe(before)
    const [row] = await server.database.sql('SELECT ended_reason FROM sessions WHERE id = $1', [before])
    expect(row).toEqual({ ended_reason: 'signed_out' })
  })
})

describe('somebody who is signed in and confirms that it is them', () => {
  const fields = { _confirm: 'yes' }

  test('gets a session that began just now', async () => {
    const own = await socialStageForThisTest()
    const client = own.server.client()
    const person = newPerson()
    await dance(own, client, 'oidc', { person })
    const { id, session } = (await client.me()).body
    await own.server.time.advance({ seconds: 601 })

    await dance(own, client, 'oidc', { person, fields })

    const after = (await client.me()).body
    expect(after.id).toBe(id)
    expect(after.session.id).not.toBe(session.id)
    const sent = { json: {}, method: 'DELETE', headers: formHeadersJson }
    expect((await client.send('/api/auth/me', sent)).status).toBe(200)
  })

  test.each([
    ['somebody new at the provider', async () => newPerson()],
    [
      'somebody else’s account',
      async () => {
        const person = newPerson()
        await dance(stage, server.client(), 'oidc', { person })
        return person
      },
    ],
  ])('is not taken for %s: the session goes on, and nothing is made', async (_, other) => {
    const client = server.client()
    await dance(stage, client, 'oidc', { person: newPerson() })
    const before = (await client.me()).body
    const person = await other()
    const count = async () => (await server.database.sql('SELECT 1 FROM users')).length
    const users = await count()

    const { answer } = await dance(stage, client, 'oidc', { person, fields })

    expect(answer).toBeProblem(409, 'identity_not_connected')
    expect((await client.me()).body.session.id).toBe(before.session.id)
    expect(await count()).toBe(users)
  })
})

describe('an address alone', () => {
  test('opens no account that has proven it: its owner signs in first, then connects', async () => {
    const owner = server.client()
    const account = await signIn(owner)
    await server.database.sql('UPDATE users SET email_verified_at = app_now() WHERE email = $1', [
      account.email,
    ])
    const client = server.client()

    const { answer } = await dance(stage, client, 'oidc', { person: newPerson({ email: account.email }) })

    expect(answer).toBeProblem(409, 'account_exists')
    expect(answer.body.detail).toContain('Sign in to it')
    expect((await owner.me()).status).toBe(200)
  })

  test('of an account that never proved it gives the account to who has: password, identities, sessions go', async () => {
    const stranger = server.client()
    const account = await signIn(stranger)
    const { id } = (await stranger.me()).body
    const own = newPerson()
    await server.database.sql(
      `INSERT INTO identities (id, user_id, issuer, subject, provider) VALUES (gen_random_uuid(), $1, $2, $3, 'oidc')`,
      [id, stage.provider.issuer, own.subject],
    )
    const person = newPerson({ email: account.email })
    const client = server.client()

    const { answer } = await dance(stage, client, 'oidc', { person })

    expect(answer.status).toBe(303)
    expect((await client.me()).body).toMatchObject({ id, email_verified: true })
    expect((await stranger.me()).body.code).toBe('session_ended')
    expect(await server.client().login(account)).toBeProblem(401, 'invalid_credentials')
    expect(await eventsOf(id)).toContain('account_claimed')
    const mails = (await readMail(server, account.email)).map(({ template }) => template)
    expect(mails).toContain('account_claimed')
    const before = server.client()
    await dance(stage, before, 'oidc', { person: own })
    expect((await before.me()).body.id).not.toBe(id)
  })

  test('of one issuer says nothing of the same subject at another', async () => {
    const person = newPerson()
    const first = server.client()
    await dance(stage, first, 'oidc', { person })
    await server.database.sql(`UPDATE identities SET issuer = 'https://other.example' WHERE subject = $1`, [
      person.subject,
    ])

    const { answer } = await dance(stage, server.client(), 'oidc', { person })

    expect(answer).toBeProblem(409, 'account_exists')
  })
})

describe('accounts that may not sign in', () => {
  test.each([
    ['disabled', 'disabled_at = app_now()', 'account_disabled'],
    ['deleted by an operator', 'deleted_at = app_now()', 'account_disabled'],
  ])('%s: %s', async (_, change, code) => {
    const client = server.client()
    const person = newPerson()
    await dance(stage, client, 'oidc', { person })
    await server.database.sql(`UPDATE users SET ${change} WHERE email = $1`, [person.email])

    const { answer } = await dance(stage, server.client(), 'oidc', { person })

    expect(answer).toBeProblem(403, code)
  })

  test('one that its owner deleted is back with the next sign-in', async () => {
    const client = server.client()
    const person = newPerson()
    await dance(stage, client, 'oidc', { person })
    const { id } = (await client.me()).body
    await client.send('/api/auth/me', { method: 'DELETE', json: {}, headers: formHeadersJson })

    const again = server.client()
    await dance(stage, again, 'oidc', { person })

    expect((await again.me()).body.id).toBe(id)
    expect(await eventsOf(id)).toContain('account_restored')
  })

  test('where registration is closed nobody new comes in', async () => {
    const own = await socialStageForThisTest({ REGISTRATION: 'closed' })
    const { answer } = await dance(own, own.server.client(), 'oidc', { person: newPerson() })
    expect(answer).toBeProblem(403, 'registration_closed')
  })
})

const formHeadersJson = { origin: 'http://localhost:8000' }

describe('the way back', () => {
  test.each([
    'https://evil.example/',
    '//evil.example/',
    '/\\evil.example',
    'javascript:alert(1)',
    'http://localhost:8000.evil.example/account',
    'http://localhost:8000@evil.example/',
    '/api/auth/logout',
  ])('leads to no address from outside: %s', async (callbackUrl) => {
    const { location } = await dance(stage, server.client(), 'oidc', { person: newPerson(), callbackUrl })
    expect(location.href).toBe('http://localhost:8000/account')
  })

  test('takes no address that is slipped into it', async () => {
    const client = server.client()
    const { cookie } = await stage.provider.openFlow({ person: newPerson() })
    const back = new URL(await passProvider(await begin(client, 'oidc'), `flow=${cookie.value}`))
    back.searchParams.set('callbackUrl', 'https://evil.example/')

    const { location } = await comeBack(client, back.href)

    expect(location.href).toBe('http://localhost:8000/account')
  })

  test('works once: the same code again is refused', async () => {
    const client = server.client()
    const { cookie } = await stage.provider.openFlow({ person: newPerson(), faults: ['code-reusable'] })
    const back = await passProvider(await begin(client, 'oidc'), `flow=${cookie.value}`)
    await comeBack(client, back)

    const { answer } = await comeBack(client, back)

    expect(answer).toBeProblem(400, 'social_state_lost')
  })

  test('in another browser than the one that began it signs nobody in', async () => {
    const victim = server.client()
    const { cookie } = await stage.provider.openFlow({ person: newPerson() })
    const back = await passProvider(await begin(server.client(), 'oidc'), `flow=${cookie.value}`)

    const { answer } = await comeBack(victim, back)

    expect(answer).toBeProblem(400, 'social_state_lost')
    expect((await victim.me()).status).toBe(401)
  })

  test('of one provider does not pass for that of another', async () => {
    const client = server.client()
    const { cookie } = await stage.provider.openFlow({ person: newPerson() })
    const back = await passProvider(await begin(client, 'oidc'), `flow=${cookie.value}`)

    const { answer } = await comeBack(client, back.replace('/callback/oidc', '/callback/github'))

    expect(answer).toBeProblem(400, 'social_state_lost')
  })

  test('after 15 minutes is too late', async () => {
    const own = await socialStageForThisTest()
    const client = own.server.client()
    const back = await passProvider(await begin(client, 'oidc'))
    await own.server.time.advance({ seconds: 901 })

    expect((await comeBack(client, back)).answer).toBeProblem(400, 'social_state_lost')
  })

  test('while the database is down is unavailable, not refused', async () => {
    const own = await socialStageForThisTest()
    const client = own.server.client()
    const back = await passProvider(await begin(client, 'oidc'))
    const { runtime } = own.server
    const { database } = runtime
    runtime.database = {
      ...database,
      run: () => Promise.reject(Object.assign(new Error('down'), { code: 'ECONNREFUSED' })),
    }

    const { answer } = await comeBack(client, back)

    runtime.database = database
    expect(answer).toBeProblem(503, 'unavailable')
  })
})

describe('a beginning', () => {
  test.each([{ origin: 'https://evil.example' }, { origin: 'null' }, {}])(
    'is refused from %j: nobody is sent to a provider by somebody else’s page',
    async (headers) => {
      const answer = await server.client().send('/api/auth/signin/oidc', {
        body: 'callbackUrl=%2Faccount',
        headers: { 'content-type': formHeaders['content-type'], ...(headers as Record<string, string>) },
      })
      expect(answer).toBeProblem(403, 'origin_refused')
    },
  )

  test('asks for no more than it needs, with PKCE, state and nonce, and for our own address', async () => {
    const url = new URL(await begin(server.client(), 'oidc'))
    const asked = Object.fromEntries(url.searchParams)
    expect(asked).toMatchObject({
      scope: 'openid profile email',
      response_type: 'code',
      code_challenge_method: 'S256',
      redirect_uri: 'http://localhost:8000/api/auth/callback/oidc',
    })
    for (const name of ['state', 'nonce', 'code_challenge']) expect(asked[name], name).toBeTruthy()
  })

  test('of a provider that is not set up is not found', async () => {
    const answer = await server.client().send('/api/auth/signin/google', {
      json: {},
      headers: { origin: 'http://localhost:8000' },
    })
    expect(answer).toBeProblem(404, 'not_found')
  })

  test('may be made sixty times in ten minutes from one address', async () => {
    const client = server.client()
    const answers: number[] = []
    for (let count = 0; count < 61; count += 1) {
      const sent = { json: {}, headers: { origin: 'http://localhost:8000' } }
      answers.push((await client.send('/api/auth/signin/oidc', sent)).status)
    }
    expect(answers.filter((status) => status === 200)).toHaveLength(60)
    expect(answers.at(-1)).toBe(429)
  })

  test('keeps no token of a provider anywhere', async () => {
    await dance(stage, server.client(), 'oidc', { person: newPerson() })
    const columns = await server.database.sql<{ name: string }>(
      `SELECT column_name AS name FROM information_schema.columns WHERE table_name = 'identities'`,
    )
    expect(columns.map(({ name }) => name).filter((name) => /token|scope/.test(name))).toEqual([])
  })
})

test('ten ways back of one new person at once make one account', async () => {
  const person = newPerson()
  const clients = Array.from({ length: 10 }, () => server.client())
  const answers = await Promise.all(clients.map((client) => dance(stage, client, 'oidc', { person })))

  const signedIn = answers.filter(({ answer }) => answer.status === 303)
  expect(signedIn.length).toBeGreaterThan(0)
  const rows = await server.database.sql('SELECT 1 FROM users WHERE email = $1', [person.email])
  expect(rows).toHaveLength(1)
})
