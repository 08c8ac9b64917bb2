import { describe, expect, test } from 'vitest'
import { openSetup } from '#lib/auth/setup/setup.ts'
import { signIn } from '#test/support/api-client.ts'
import { caughtUp, isMarker } from '#test/support/caught-up.ts'
import { runCommand } from '#test/support/command-line.ts'
import { serverBeside, serverForThisTest, type TestServer } from '#test/support/harness.ts'

async function people(server: TestServer, count: number) {
  const all = []
  for (let index = 0; index < count; index += 1) {
    const client = server.client()
    const account = await signIn(client, index % 2 ? 'cookie' : 'bearer')
    all.push({ client, account, sessionId: (await client.me()).body.session.id as string })
  }
  return all as [(typeof all)[0], ...typeof all]
}

const revoked = { code: 'session_ended', ended_reason: 'revoked_by_admin' }

describe('sessions end', () => {
  test('ends the sessions that are named, with revoked_by_admin, and no other', async () => {
    const server = await serverForThisTest()
    const [first, second, third] = await people(server, 3)
    const ids = [first.sessionId, second?.sessionId ?? '']

    const outcome = await runCommand(server, ['sessions', 'end', ...ids, '--json'])

    expect(outcome).toMatchObject({ exitCode: 0, json: { ended: 2 } })
    for (const one of [first, second]) expect((await one?.client.me())?.body).toMatchObject(revoked)
    expect((await third?.client.me())?.status).toBe(200)
    const again = await runCommand(server, ['sessions', 'end', ...ids])
    expect([again.exitCode, again.complaints]).toEqual([1, 'None of these sessions is there and alive.'])
  })

  test('says which of those that are named were not there, or over before, and lets them keep their reason', async () => {
    const server = await serverForThisTest()
    const [anna, bert] = await people(server, 2)
    const other = server.client()
    await other.login(anna.account)
    const passwords = { current_password: anna.account.password, new_password: 'an entirely new ferry' }
    await other.send('/api/auth/change-password', { json: passwords })
    const nobody = '01900000-0000-7000-8000-000000000000'
    const ids = [bert?.sessionId ?? '', anna.sessionId, nobody]

    const { exitCode, output } = await runCommand(server, ['sessions', 'end', ...ids])

    expect(exitCode).toBe(0)
    expect(output.split('\n')).toEqual([
      '1 session ended.',
      `Not there, or over before: ${anna.sessionId}`,
      `Not there, or over before: ${nobody}`,
    ])
    expect((await anna.client.me()).body.ended_reason).toBe('password_changed')
    expect((await bert?.client.me())?.body).toMatchObject(revoked)
  })

  test('ends all of one account by its epoch, however many, and sign-ins go on', async () => {
    const server = await serverForThisTest()
    const [anna, bert] = await people(server, 2)
    const another = server.client()
    await another.login(anna.account)

    const { output } = await runCommand(server, ['sessions', 'end', '--user', anna.account.email])

    expect(output).toBe(`2 sessions of ${anna.account.username} <${anna.account.email}> (id 1) ended.`)
    for (const client of [anna.client, another]) expect((await client.me()).body).toMatchObject(revoked)
    expect((await bert?.client.me())?.status).toBe(200)
    expect((await another.login(anna.account)).status).toBe(200)
  })

  test('ends all of everybody, after a question, in every process at once', async () => {
    const server = await serverForThisTest()
    const other = await serverBeside(server)
    const all = await people(server, 4)
    const elsewhere = Object.assign(other.client(), { accessToken: all[0].client.accessToken })
    expect((await elsewhere.me()).status).toBe(200)
    const command = ['sessions', 'end', '--all']
    expect((await runCommand(server, command)).exitCode).toBe(2)
    expect((await runCommand(server, command, { answers: ['no'] })).exitCode).toBe(1)
    expect((await all[0].client.me()).status).toBe(200)

    const { output } = await runCommand(server, [...command, '--yes'])
    await caughtUp(other.runtime)

    expect(output).toBe('4 sessions of 4 accounts ended.')
    for (const { client } of all) expect((await client.me()).body).toMatchObject(revoked)
    expect((await elsewhere.me()).body).toMatchObject(revoked)
    expect((await runCommand(server, [...command, '--yes', '--json'])).json).toEqual({
      accounts: 0,
      ended: 0,
    })
  })

  test('of very many accounts it announces a batch with one message, not each of them', async () => {
    const server = await serverForThisTest()
    const { client } = (await people(server, 1))[0]
    await server.database.sql(`
      WITH made AS (INSERT INTO users (email, username)
        SELECT 'many' || n || '@example.com', 'many' || n FROM generate_series(1, 5000) n RETURNING id)
      INSERT INTO sessions (id, user_id, kind, session_epoch, amr, idle_seconds, idle_until, expires_at)
      SELECT gen_random_uuid(), id, 'bearer', 0, '{pwd}', 600, app_now() + '1 day', app_now() + '1 day' FROM made`)
    const announced: string[] = []
    server.runtime.changeFeed?.subscribe({
      changed: (change) => isMarker(change) || announced.push(change.kind),
      reset: () => {},
    })

    const { json } = await runCommand(server, ['sessions', 'end', '--all', '--yes', '--json'])
    await caughtUp(server.runtime)

    expect(json).toEqual({ accounts: 5001, ended: 5001 })
    expect(announced).toEqual(['all', 'all', 'all'])
    expect((await client.me()).body).toMatchObject(revoked)
  })
})

describe('sessions after-restore', () => {
  test('ends every session, replaces every signing key, and voids a set-up key that was printed', async () => {
    const server = await serverForThisTest()
    const other = await serverBeside(server)
    const printed = (await openSetup(server.runtime))?.reveal()
    const [anna, bert] = await people(server, 2)
    const kids = async () =>
      (await server.database.sql<{ kid: string }>('SELECT kid FROM signing_keys')).map(({ kid }) => kid)
    const before = await kids()

    const { exitCode, output } = await runCommand(server, ['sessions', 'after-restore', '--yes'])
    await caughtUp(other.runtime)

    expect(exitCode).toBe(0)
    expect(output).toContain('2 sessions of 2 accounts ended.')
    expect(await anna.client.me()).toBeProblem(401, 'invalid_token')
    expect((await anna.client.refresh()).body).toMatchObject(revoked)
    expect((await bert?.client.me())?.body).toMatchObject(revoked)
    expect((await openSetup(server.runtime))?.reveal()).not.toBe(printed)
    const after = await kids()
    expect(after).toHaveLength(1)
    expect(before).not.toContain(after[0])
    const shown = await other.client().send('/.well-known/jwks.json')
    expect(shown.body.keys.map(({ kid }: { kid: string }) => kid)).toEqual(after)
    const again = other.client()
    expect((await again.login(anna.account)).status).toBe(200)
    expect((await again.me()).status).toBe(200)
  })

  test('says that nothing is signed anew where services share the secret', async () => {
    const server = await serverForThisTest({
      JWT_ALGORITHM: 'HS256',
      JWT_SECRET: 'a shared secret of this test that is long',
    })
    const { json } = await runCommand(server, ['sessions', 'after-restore', '--yes', '--json'])
    const { output } = await runCommand(server, ['sessions', 'after-restore', '--yes'])

    expect(json).toEqual({ accounts: 0, ended: 0, keys_replaced: false })
    expect(output).toContain('services that share JWT_SECRET take access tokens until they expire')
  })

  test('a session that a backup brought back to life is refused, also with a refresh token newer than its row', async () => {
    const server = await serverForThisTest()
    const [{ client, sessionId }] = await people(server, 1)
    const [backup] = await server.database.sql('SELECT * FROM sessions WHERE id = $1', [sessionId])
    await client.refresh()
    await client.refresh()
    await server.database.sql('UPDATE sessions SET generation = $2 WHERE id = $1', [
      sessionId,
      backup?.['generation'],
    ])

    await runCommand(server, ['sessions', 'after-restore', '--yes'])

    expect((await client.refresh()).body).toMatchObject(revoked)
  })

  test('asks first', async () => {
    const server = await serverForThisTest()
    const [{ client }] = await people(server, 1)
    const command = ['sessions', 'after-restore']
    expect((await runCommand(server, command)).exitCode).toBe(2)
    expect((await runCommand(server, command, { answers: [''] })).exitCode).toBe(1)
    expect((await client.me()).status).toBe(200)
  })
})
