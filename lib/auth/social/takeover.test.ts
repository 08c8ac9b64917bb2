import { describe, expect, test } from 'vitest'
import { type ApiClient, newAccount, signIn } from '#test/support/api-client.ts'
import { holdTransaction, untilSomebodyWaits } from '#test/support/database.ts'
import type { TestServer } from '#test/support/harness.ts'
import { readMail } from '#test/support/mailbox.ts'
import {
  begin,
  comeBack,
  dance,
  newPerson,
  obtainCode,
  passProvider,
  signInByCode,
  socialStageForThisTest,
  startOf,
  useSocialServer,
} from '#test/support/social-scenes.ts'

const stage = useSocialServer()
const { server } = stage
const origin = 'http://localhost:8000'

const subjectsOf = async (userId: number) => {
  const rows = await server.database.sql<{ subject: string }>(
    'SELECT subject FROM identities WHERE user_id = $1 ORDER BY subject',
    [userId],
  )
  return rows.map(({ subject }) => subject)
}

/** As the statement that connects does it, by whoever holds the account: begun, and not yet committed. */
function connectSlowly(userId: number, subject: string) {
  return holdTransaction(server.database, [
    { text: 'SELECT FROM users WHERE id = $1 FOR NO KEY UPDATE', values: [userId] },
    {
      text: `INSERT INTO identities (id, user_id, issuer, subject, provider)
        VALUES (gen_random_uuid(), $1, $2, $3, 'oidc')`,
      values: [userId, stage.provider.issuer, subject],
    },
  ])
}

/** Does something to an account while an identity of a stranger is being connected to it. */
async function whileConnecting(userId: number, act: () => Promise<unknown>): Promise<string> {
  const { subject } = newPerson()
  const transaction = await connectSlowly(userId, subject)
  const acting = act()
  await untilSomebodyWaits(server.database)
  await transaction.commit()
  await acting
  return subject
}

describe('what is being connected while the account changes hands goes too', () => {
  test('when the owner of the address arrives with a provider', async () => {
    const stranger = server.client()
    const { email } = await signIn(stranger)
    const { id } = (await stranger.me()).body
    const person = newPerson({ email })

    await whileConnecting(id, () => dance(stage, server.client(), 'oidc', { person }))

    expect(await subjectsOf(id)).toEqual([person.subject])
  })

  test('unless its maker proves the address meanwhile: then it is an account like any other', async () => {
    const maker = server.client()
    const { email } = await signIn(maker)
    const { id } = (await maker.me()).body
    const proving = { text: 'UPDATE users SET email_verified_at = app_now() WHERE id = $1', values: [id] }
    const transaction = await holdTransaction(server.database, [proving])
    const dancing = dance(stage, server.client(), 'oidc', { person: newPerson({ email }) })
    await untilSomebodyWaits(server.database)
    await transaction.commit()

    expect((await dancing).answer).toBeProblem(409, 'account_exists')
    expect((await maker.me()).status).toBe(200)
    expect(await subjectsOf(id)).toEqual([])
  })

  test('with the links that its maker asked for', async () => {
    const maker = server.client()
    const { email, password } = await signIn(maker)
    const to = newAccount().email
    await maker.send('/api/auth/change-email', { json: { new_email: to, password } })
    const token = (await readMail(server, to)).at(-1)?.token
    const owner = server.client()

    await dance(stage, owner, 'oidc', { person: newPerson({ email }) })

    const answer = await maker.send('/api/auth/change-email/confirm', { json: { token } })
    expect(answer).toBeProblem(400, 'link_invalid')
    expect((await owner.me()).body.email).toBe(email)
  })

  test('when the owner of the address sets a password', async () => {
    const stranger = server.client()
    const { email } = await signIn(stranger)
    const { id } = (await stranger.me()).body
    await server.client().send('/api/auth/forgot-password', { json: { email } })
    const token = (await readMail(server, email)).at(-1)?.token
    const json = { token, new_password: 'an entirely new ferry' }

    await whileConnecting(id, () => server.client().send('/api/auth/reset-password', { json }))

    expect(await subjectsOf(id)).toEqual([])
  })

  test('when the owner undoes a change of the address', async () => {
    const owner = server.client()
    const { email, password } = await signIn(owner)
    const { id } = (await owner.me()).body
    await server.database.sql('UPDATE users SET email_verified_at = app_now() WHERE id = $1', [id])
    const to = newAccount().email
    await owner.send('/api/auth/change-email', { json: { new_email: to, password } })
    const confirmation = (await readMail(server, to)).at(-1)?.token
    await owner.send('/api/auth/change-email/confirm', { json: { token: confirmation } })
    const token = (await readMail(server, email)).at(-1)?.token

    await whileConnecting(id, () => server.client().send('/api/auth/change-email/undo', { json: { token } }))

    expect(await subjectsOf(id)).toEqual([])
  })
})

describe('a password that is set by mail, after the address was proven by its link,', () => {
  /** Somebody who made an account, with the way to everything that its mailbox gets. */
  async function maker() {
    const client = server.client()
    const { email } = await signIn(client)
    const newest = async () => (await readMail(server, email)).at(-1)?.token
    return {
      email,
      userId: (await client.me()).body.id,
      async connects(person: ReturnType<typeof newPerson>) {
        const answer = await client.send('/api/auth/social/link', {
          json: await obtainCode(stage, { person }),
        })
        expect(answer.status).toBe(200)
      },
      async provesAddress() {
        await server.client().send('/api/auth/verify-email/resend', { json: { email } })
        const answer = await server
          .client()
          .send('/api/auth/verify-email', { json: { token: await newest() } })
        expect(answer.status).toBe(200)
      },
      async setsPassword() {
        await server.client().send('/api/auth/forgot-password', { json: { email } })
        const json = { token: await newest(), new_password: 'an entirely new ferry' }
        expect((await server.client().send('/api/auth/reset-password', { json })).status).toBe(200)
      },
    }
  }

  test('takes along what was connected before', async () => {
    const { userId, ...victim } = await maker()
    await victim.connects(newPerson())
    await victim.provesAddress()

    await victim.setsPassword()

    expect(await subjectsOf(userId)).toEqual([])
  })

  test('also where a provider names the same address and has not verified it', async () => {
    const { userId, email, ...victim } = await maker()
    await victim.connects(newPerson({ email, emailVerified: false }))
    await victim.provesAddress()

    await victim.setsPassword()

    expect(await subjectsOf(userId)).toEqual([])
  })

  test('leaves what was connected since', async () => {
    const { userId, ...owner } = await maker()
    await owner.provesAddress()
    const person = newPerson()
    await owner.connects(person)

    await owner.setsPassword()

    expect(await subjectsOf(userId)).toEqual([person.subject])
  })

  test('leaves the connection that proved the address', async () => {
    const { userId, email, ...owner } = await maker()
    const person = newPerson({ email })
    await owner.connects(person)

    await owner.setsPassword()

    expect(await subjectsOf(userId)).toEqual([person.subject])
  })
})

/** Runs something once, right after a statement of this name. */
function after(on: TestServer, name: string, act: () => Promise<unknown>): void {
  const { runtime } = on
  const { database } = runtime
  const run: typeof database.run = async (query) => {
    const rows = await database.run(query)
    if (query.name !== name) return rows
    runtime.database = database
    await act()
    return rows
  }
  runtime.database = { ...database, run }
}

describe('an identity that is disconnected while it signs in', () => {
  test('gets no account of its own: nobody has judged what its provider says by now', async () => {
    const own = await socialStageForThisTest({ REGISTRATION: 'open' })
    const client = own.server.client()
    const account = await signIn(client)
    const person = newPerson()
    const json = await obtainCode(own, { person })
    await client.send('/api/auth/social/link', { json })
    const victim = newAccount().email
    const later = { ...person, email: victim, emailVerified: false }
    after(own.server, 'note_use_of_identity', () => own.server.database.sql('DELETE FROM identities'))

    const { answer } = await dance(own, own.server.client(), 'oidc', { person: later })

    expect(answer).toBeProblem(400, 'social_state_lost')
    const users = await own.server.database.sql('SELECT email FROM users')
    expect(users).toEqual([{ email: account.email }])
  })
})

describe('the cookies of two dances', () => {
  const cookieOf = (client: ApiClient, name: string) => client.cookies.get(`${name}_8000`) ?? ''

  test('do not mix: what one was for is not done with the state of the other', async () => {
    const client = server.client()
    await signIn(client, 'cookie')
    const { id } = (await client.me()).body
    await client.send('/api/auth/social/connect', { json: { provider: 'oidc' }, headers: { origin } })
    const connecting = cookieOf(client, 'dance')
    const person = newPerson()
    const { cookie } = await stage.provider.openFlow({ person })
    const back = await passProvider(await begin(client, 'oidc'), `${cookie.name}=${cookie.value}`)
    client.cookies.set('dance_8000', connecting)

    const { answer } = await comeBack(client, back)

    expect(answer).toBeProblem(400, 'social_state_lost')
    expect(await subjectsOf(id)).toEqual([])
  })

  test.each(['\u0001', '\u00e9', '\n'])(
    'a front end cannot make one too large for a browser to keep: its state is printable ASCII (%j)',
    async (letter) => {
      const { path } = startOf({ query: { state: letter.repeat(512) } })
      expect(await server.client().send(path)).toBeProblem(422, 'invalid_request')
    },
  )

  test('of the longest state a browser keeps every one', async () => {
    const answer = await server.client().send(startOf({ query: { state: '"'.repeat(512) } }).path)
    expect(answer.status).toBe(302)
    for (const cookie of answer.headers.getSetCookie()) expect(cookie.length).toBeLessThan(4096)
  })
})

describe('a subject that no database tells apart', () => {
  test.each([
    ['with NUL', '7\u0000'],
    ['with half a letter', '7\ud800'],
    ['with a control character', '7\u0007'],
  ])('%s is nobody', async (_, subject) => {
    const client = server.client()
    const { answer } = await dance(stage, client, 'oidc', { person: newPerson({ subject }) })
    expect(answer).toBeProblem(400, 'social_refused')
  })
})

describe('a name with NUL in it', () => {
  test('keeps nobody out, and is in no user name', async () => {
    const { answer } = await signInByCode(stage, newPerson({ name: 'Jo\u0000anna' }))
    expect(answer.body.user.username).toMatch(/^Jo-?anna/)
  })
})

describe('a code that is presented again', () => {
  test('while it becomes a session leaves no session behind', async () => {
    const own = await socialStageForThisTest()
    const json = await obtainCode(own, { person: newPerson() })
    const exchange = () => own.server.client().send('/api/auth/social/exchange', { json })
    after(own.server, 'use_sign_in_code', exchange)

    const answer = await exchange()

    expect(answer).toBeProblem(400, 'sign_in_code_invalid')
    const alive = await own.server.database.sql('SELECT 1 FROM sessions WHERE ended_at IS NULL')
    expect(alive).toEqual([])
  })
})

describe('two first sign-ins of one person at once', () => {
  test('both end in the account that one of them made', async () => {
    const person = newPerson()
    const clients = [server.client(), server.client(), server.client(), server.client()]

    const answers = await Promise.all(clients.map((client) => dance(stage, client, 'oidc', { person })))

    expect(answers.map(({ answer }) => answer.status)).toEqual([303, 303, 303, 303])
    const ids = await Promise.all(clients.map(async (client) => (await client.me()).body.id))
    expect(new Set(ids).size).toBe(1)
  })

  test.each([
    ['whose the identity is', 'find_owner_of_identity'],
    ['who has its address', 'find_account_of_address'],
  ])('also when one makes it after the other has looked %s', async (_, look) => {
    const own = await socialStageForThisTest()
    const person = newPerson()
    const [first, second] = [own.server.client(), own.server.client()]
    after(own.server, look, () => dance(own, first, 'oidc', { person }))

    const { answer } = await dance(own, second, 'oidc', { person })

    expect(answer.status).toBe(303)
    expect((await second.me()).body.id).toBe((await first.me()).body.id)
  })
})
