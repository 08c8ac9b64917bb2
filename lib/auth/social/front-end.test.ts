import { describe, expect, test } from 'vitest'
import { type ApiClient, signIn } from '#test/support/api-client.ts'
import { readMail } from '#test/support/mailbox.ts'
import {
  comeBack,
  dance,
  danceForFrontEnd,
  newPerson,
  obtainCode,
  passProvider,
  returnUrl,
  signInByCode,
  socialStageForThisTest,
  startOf,
  useSocialServer,
} from '#test/support/social-scenes.ts'

const stage = useSocialServer()
const { server } = stage
const exchange = (json: object, client = server.client()) =>
  client.send('/api/auth/social/exchange', { json })

describe('a front end of another origin', () => {
  test('gets tokens for the code, and the session stands among the devices', async () => {
    const { client, person, answer } = await signInByCode(stage)

    expect(answer.body).toMatchObject({ token_type: 'bearer', user: { email: person.email } })
    expect((await client.me()).body.session).toMatchObject({ kind: 'bearer', amr: ['fed', 'oidc'] })
    expect((await client.refresh()).status).toBe(200)
    await client.logout()
    expect((await client.me()).body.code).toBe('session_ended')
  })

  test('is told its own state, and the browser that danced gets no session', async () => {
    const browser = server.client()
    const { location } = await danceForFrontEnd(stage, { person: newPerson() })

    expect(`${location.origin}${location.pathname}`).toBe(returnUrl)
    expect(location.searchParams.get('state')).toBe('of the front end')
    expect((await browser.me()).status).toBe(401)
  })

  test('that cancels, or never exchanges, leaves no account', async () => {
    const person = newPerson()
    await obtainCode(stage, { person })

    expect(await server.database.sql('SELECT 1 FROM users WHERE email = $1', [person.email])).toEqual([])
  })
})

describe('a code', () => {
  test('works once; presented again it ends the session that it became', async () => {
    const code = await obtainCode(stage, { person: newPerson() })
    const client = server.client()
    const first = await exchange(code, client)
    client.accessToken = first.body.access_token

    expect(await exchange(code)).toBeProblem(400, 'sign_in_code_invalid')
    expect((await client.me()).body.code).toBe('session_ended')
  })

  test('of ten exchanges at once makes at most one session, which ends: one of them may be a thief', async () => {
    const person = newPerson()
    const code = await obtainCode(stage, { person })

    const answers = await Promise.all(Array.from({ length: 10 }, () => exchange(code)))

    const refused = answers.filter(({ body }) => body.code === 'sign_in_code_invalid')
    expect(answers.filter(({ status }) => status === 200).length + refused.length).toBe(10)
    expect(refused.length).toBeGreaterThanOrEqual(9)
    const rows = await server.database.sql<{ ended_reason: string }>(
      'SELECT ended_reason FROM sessions JOIN users ON users.id = user_id WHERE email = $1',
      [person.email],
    )
    expect(rows).toEqual([{ ended_reason: 'refresh_reuse' }])
  })

  test('is worth nothing with another verifier, and that does not use it up', async () => {
    const { code, code_verifier } = await obtainCode(stage, { person: newPerson() })

    expect(await exchange({ code, code_verifier: 'x'.repeat(43) })).toBeProblem(400, 'sign_in_code_invalid')
    expect((await exchange({ code, code_verifier })).status).toBe(200)
  })

  test('after a minute is over', async () => {
    const own = await socialStageForThisTest()
    const json = await obtainCode(own, { person: newPerson() })
    await own.server.time.advance({ seconds: 61 })

    const answer = await own.server.client().send('/api/auth/social/exchange', { json })

    expect(answer).toBeProblem(400, 'sign_in_code_invalid')
  })

  test('is not in the database as it is', async () => {
    const { code } = await obtainCode(stage, { person: newPerson() })
    const rows = await server.database.sql('SELECT * FROM sign_in_codes')
    expect(JSON.stringify(rows)).not.toContain(code)
  })
})

test('the same subject of another issuer is somebody else', async () => {
  const { person } = await signInByCode(stage)
  await server.database.sql(`UPDATE identities SET issuer = 'https://other.example' WHERE subject = $1`, [
    person.subject,
  ])

  expect(await exchange(await obtainCode(stage, { person }))).toBeProblem(409, 'account_exists')
})

describe('the start', () => {
  const strict = {
    DEBUG: '',
    MAIL: 'off',
    SOCIAL_RETURN_URLS: 'https://app.example.com/signed-in?from=us',
  }

  test.each([
    'https://app.example.com/signed-in',
    'https://app.example.com/signed-in?from=us&more=1',
    'https://app.example.com/signed-in?from=us#fragment',
    'https://app.example.com/signed-in/?from=us',
    'https://app.example.com:8443/signed-in?from=us',
    'https://APP.example.com/signed-in?from=us',
    'http://app.example.com/signed-in?from=us',
    'https://app.example.com.evil.example/signed-in?from=us',
    'https://app.example.com@evil.example/signed-in?from=us',
    'http://127.0.0.1:5173/signed-in',
    'javascript:alert(1)',
    '//app.example.com/signed-in?from=us',
  ])('leads back to no address but one of the list, character by character: %s', async (address) => {
    const own = await socialStageForThisTest(strict)
    const { path } = startOf({ query: { return_to: address } })
    expect(await own.server.client().send(path)).toBeProblem(400, 'return_url_refused')
  })

  test('leads back to an address of the list', async () => {
    const own = await socialStageForThisTest(strict)
    const { path } = startOf({ query: { return_to: 'https://app.example.com/signed-in?from=us' } })
    expect((await own.server.client().send(path)).status).toBe(302)
  })

  test.each([
    { code_challenge_method: 'plain' },
    { code_challenge: 'short' },
    { code_challenge_method: '' },
    { extra: '1' },
  ])('takes nothing but S256: %j', async (query) => {
    expect(await server.client().send(startOf({ query }).path)).toBeProblem(422, 'invalid_request')
  })
})

describe('connecting', () => {
  const link = async (client: ApiClient, person = newPerson(), more: object = {}) =>
    client.send('/api/auth/social/link', { json: { ...(await obtainCode(stage, { person })), ...more } })
  const identitiesOf = async (client: ApiClient) =>
    (await client.send('/api/auth/social/identities')).body.identities

  test('lets the identity sign in from then on; the owner is told, and it is written down', async () => {
    const client = server.client()
    const account = await signIn(client)
    const person = newPerson()

    expect((await link(client, person)).status).toBe(200)

    const me = (await client.me()).body
    const other = await signInByCode(stage, person)
    expect(other.answer.body.user.id).toBe(me.id)
    const mails = (await readMail(server, account.email)).map(({ template }) => template)
    expect(mails).toContain('identity_linked')
    const events = await server.database.sql(
      `SELECT session_id, details FROM audit_events WHERE user_id = $1 AND name = 'identity_linked'`,
      [me.id],
    )
    expect(events).toEqual([{ session_id: me.session.id, details: { provider: 'oidc' } }])
  })

  test('twice is once, and one of another account stays there', async () => {
    const client = server.client()
    await signIn(client)
    const person = newPerson()
    await link(client, person)
    expect((await link(client, person)).status).toBe(200)
    expect(await identitiesOf(client)).toHaveLength(1)

    const stranger = server.client()
    await signIn(stranger)
    expect(await link(stranger, person)).toBeProblem(409, 'identity_taken')
    expect(await identitiesOf(stranger)).toEqual([])
  })

  test('proves the address of the account when the provider has verified the same one', async () => {
    const client = server.client()
    const account = await signIn(client)
    await link(client, newPerson({ email: account.email }))
    expect((await client.me()).body.email_verified).toBe(true)
    expect((await server.client().login(account)).status).toBe(200)
  })

  test('needs the password once the sign-in is ten minutes ago', async () => {
    const own = await socialStageForThisTest()
    const client = own.server.client()
    const account = await signIn(client)
    await own.server.time.advance({ seconds: 601 })
    await client.refresh()
    const json = async () => obtainCode(own, { person: newPerson() })

    expect(await client.send('/api/auth/social/link', { json: await json() })).toBeProblem(
      403,
      'reauthentication_required',
    )
    const sent = { json: { ...(await json()), password: account.password } }
    expect((await client.send('/api/auth/social/link', sent)).status).toBe(200)
  })
})

describe('disconnecting', () => {
  const remove = (client: ApiClient, id: string) =>
    client.send(`/api/auth/social/identities/${id}`, { method: 'DELETE', json: {} })
  const idsOf = async (client: ApiClient): Promise<string[]> =>
    (await client.send('/api/auth/social/identities')).body.identities.map(({ id }: { id: string }) => id)

  test('never takes the last way in', async () => {
    const { client } = await signInByCode(stage)
    const [id = ''] = await idsOf(client)
    expect(await remove(client, id)).toBeProblem(409, 'last_sign_in_method')
  })

  test('of two at once without a password takes one', async () => {
    const { client } = await signInByCode(stage)
    await client.send('/api/auth/social/link', { json: await obtainCode(stage, { person: newPerson() }) })
    const ids = await idsOf(client)
    expect(ids).toHaveLength(2)

    const answers = await Promise.all(ids.map((id) => remove(client, id)))

    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409])
    expect(await idsOf(client)).toHaveLength(1)
  })

  test('ends what the identity could do; the owner is told', async () => {
    const client = server.client()
    const account = await signIn(client)
    const person = newPerson()
    await client.send('/api/auth/social/link', { json: await obtainCode(stage, { person }) })
    const [id = ''] = await idsOf(client)

    expect((await remove(client, id)).status).toBe(200)

    const again = await signInByCode(stage, person)
    expect(again.answer.body.user.email).toBe(person.email)
    const mails = (await readMail(server, account.email)).map(({ template }) => template)
    expect(mails).toContain('identity_unlinked')
  })

  test('is for one’s own only', async () => {
    const mine = await signInByCode(stage)
    const [id = ''] = await idsOf(mine.client)
    const stranger = server.client()
    await signIn(stranger)

    expect(await remove(stranger, id)).toBeProblem(404, 'not_found')
    expect(await idsOf(mine.client)).toEqual([id])
  })
})

describe('connecting from our own pages', () => {
  const origin = 'http://localhost:8000'
  const connect = async (client: ApiClient, person = newPerson()) => {
    const answer = await client.send('/api/auth/social/connect', {
      json: { provider: 'oidc' },
      headers: { origin },
    })
    const { cookie } = await stage.provider.openFlow({ person })
    return passProvider(answer.body.url, `${cookie.name}=${cookie.value}`)
  }
  const owners = async (subject: string) =>
    server.database.sql('SELECT user_id::int FROM identities WHERE subject = $1', [subject])

  test('keeps the session and connects the identity to its account', async () => {
    const client = server.client()
    await signIn(client, 'cookie')
    const before = (await client.me()).body
    const person = newPerson()

    const { location } = await comeBack(client, await connect(client, person))

    expect(`${location.pathname}${location.search}`).toBe('/account/security?done=connected&provider=oidc')
    expect((await client.me()).body.session.id).toBe(before.session.id)
    expect(await owners(person.subject)).toEqual([{ user_id: before.id }])
  })

  test('that is refused stands in the history of the account', async () => {
    const { person } = await signInByCode(stage)
    const client = server.client()
    await signIn(client, 'cookie')
    const { id } = (await client.me()).body

    const { answer } = await comeBack(client, await connect(client, person))

    expect(answer).toBeProblem(409, 'identity_taken')
    expect(
      await server.database.sql(
        `SELECT details FROM audit_events WHERE name = 'social_sign_in_refused' AND user_id = $1`,
        [id],
      ),
    ).toEqual([{ details: { provider: 'oidc', code: 'identity_taken' } }])
  })

  test('is over when somebody else signs in to this browser meanwhile', async () => {
    const client = server.client()
    await signIn(client, 'cookie')
    const person = newPerson()
    const back = await connect(client, person)
    await client.login({ ...(await server.client().register()).account, transport: 'cookie' })

    expect((await comeBack(client, back)).answer).toBeProblem(400, 'social_state_lost')
    expect(await owners(person.subject)).toEqual([])
  })

  test('is over when the session was ended meanwhile', async () => {
    const client = server.client()
    await signIn(client, 'cookie')
    const person = newPerson()
    const back = await connect(client, person)
    const cookie = client.cookies.get('session_8000') ?? ''
    await client.logout()
    client.cookies.set('session_8000', cookie)

    expect((await comeBack(client, back)).answer).toBeProblem(401, 'session_ended')
    expect(await owners(person.subject)).toEqual([])
  })

  test('is asked for: a sign-in in a browser that is signed in connects nothing', async () => {
    const client = server.client()
    await signIn(client, 'cookie')
    const { id } = (await client.me()).body
    const person = newPerson()

    await dance(stage, client, 'oidc', { person })

    expect((await client.me()).body.id).not.toBe(id)
    expect(await owners(person.subject)).not.toContainEqual({ user_id: id })
  })
})
