import { describe, expect, test } from 'vitest'
import { newAccount, signIn } from '#test/support/api-client.ts'
import { runCommand } from '#test/support/command-line.ts'
import { serverForThisTest, useServer } from '#test/support/harness.ts'

const server = useServer()
const run = (...given: string[]) => runCommand(server, given)

/** An account with a live session in each kind. */
async function signedIn() {
  const bearer = server.client()
  const account = await signIn(bearer)
  const cookie = server.client()
  await cookie.login({ ...account, transport: 'cookie' })
  return { account, bearer, cookie, id: Number((await bearer.me()).body.id) }
}

describe('who is meant', () => {
  test('an account is named by id, address or user name, whatever its letter case', async () => {
    const { account, id } = await signedIn()
    for (const named of [String(id), account.email, account.email.toUpperCase(), account.username]) {
      expect((await run('user', 'show', named, '--json')).json.user.id, named).toBe(id)
    }
  })

  test('a number that is the id of one and the name of another is refused: nobody is taken for somebody else', async () => {
    const { id } = await signedIn()
    const twin = server.client()
    const username = String(id).padStart(3, '0')
    await twin.register({ ...newAccount(), username })
    await server.database.sql('UPDATE users SET username = $1 WHERE username = $2', [String(id), username])

    const { exitCode, complaints } = await run('user', 'disable', String(id))

    expect(exitCode).toBe(1)
    expect(complaints).toContain('Name the account by its address.')
  })

  test('deleted accounts are found too, and text that can be nobody is nobody', async () => {
    const { account } = await signedIn()
    await run('user', 'delete', account.email, '--yes')

    expect((await run('user', 'show', account.email, '--json')).json.user.state).toBe('deleted')
    for (const nobody of ['@', 'a@b', 'x'.repeat(5000), '0', '99999999999999999999', "'; drop table users"]) {
      expect((await run('user', 'show', nobody)).exitCode, nobody.slice(0, 30)).toBe(1)
    }
  })
})

describe('user list', () => {
  test('searches addresses and user names, filters by role and state, and pages by id', async () => {
    const own = await serverForThisTest()
    const list = async (...given: string[]) => {
      const { json } = await runCommand(own, ['user', 'list', '--json', ...given])
      return json as { users: { username: string }[]; next_after: number | null }
    }
    const names = async (...given: string[]) => (await list(...given)).users.map(({ username }) => username)
    for (const username of ['anna', 'bert', 'carla']) {
      await own.client().register({ ...newAccount(), username })
    }
    await runCommand(own, ['user', 'roles', 'carla', '--add', 'admin'])
    await runCommand(own, ['user', 'disable', 'bert'])

    expect(await names()).toEqual(['anna', 'bert', 'carla'])
    expect(await names('--search', 'AR')).toEqual(['carla'])
    expect(await names('--search', '%')).toEqual([])
    expect(await names('--search', '@example.com')).toHaveLength(3)
    expect(await names('--role', 'admin')).toEqual(['carla'])
    expect(await names('--state', 'disabled')).toEqual(['bert'])
    expect(await names('--state', 'active')).toEqual(['anna', 'carla'])
    const first = await list('--limit', '2')
    expect(first.users.map(({ username }) => username)).toEqual(['anna', 'bert'])
    expect(await names('--limit', '2', '--after', String(first.next_after))).toEqual(['carla'])
    expect((await list()).next_after).toBeNull()
  })

  test('prints one line for each account', async () => {
    const own = await serverForThisTest()
    expect((await runCommand(own, ['user', 'list'])).output).toBe('No account.')
    const { account } = await own.client().register()

    const { output } = await runCommand(own, ['user', 'list', '--limit', '1'])

    expect(output.split('\n')[0]).toMatch(/^id +user name +address +roles +state +since$/)
    expect(output).toContain(account.email)
    expect(output).toMatch(/More: --after \d+$/)
  })
})

describe('user disable and enable', () => {
  test('ends every session with user_disabled, refuses the sign-in, and enable lets in again', async () => {
    const { account, bearer, cookie } = await signedIn()

    const disabled = await run('user', 'disable', account.username, '--json')

    expect(disabled).toMatchObject({ exitCode: 0, json: { changed: true, sessions_ended: 2 } })
    for (const client of [bearer, cookie]) {
      const answer = await client.me()
      expect(answer).toBeProblem(401, 'session_ended')
      expect(answer.body.ended_reason).toBe('user_disabled')
      expect(await client.refresh()).toBeProblem(401, 'session_ended')
    }
    expect(await server.client().login(account)).toBeProblem(403, 'account_disabled')

    expect((await run('user', 'enable', account.email)).output).toContain(`Enabled ${account.username}`)
    expect(await bearer.me()).toBeProblem(401, 'session_ended')
    expect((await server.client().login(account)).status).toBe(200)
  })

  test('a second time changes nothing and says so, with exit code 0', async () => {
    const { account } = await signedIn()
    await run('user', 'disable', account.email)
    const epoch = () =>
      server.database.sql('SELECT session_epoch FROM users WHERE email = $1', [account.email])
    const before = await epoch()

    const again = await run('user', 'disable', account.email)

    expect([again.exitCode, again.output]).toEqual([0, expect.stringContaining('is disabled already.')])
    expect(await epoch()).toEqual(before)
    await run('user', 'enable', account.email)
    expect((await run('user', 'enable', account.email)).output).toContain('is active already.')
  })

  test.each([
    ['disable'],
    ['delete', '--yes'],
    ['delete', '--erase', '--yes'],
    ['roles', '--add', 'STAFF', '--remove', 'ADMIN'],
  ])('of the last administrator is refused and changes nothing: user %s', async (command, ...options) => {
    const own = await serverForThisTest()
    const { account } = await own.client().register()
    await runCommand(own, ['user', 'roles', account.email, '--add', 'ADMIN'])
    const rows = () =>
      own.database.sql(`SELECT u.*, array(SELECT role_id FROM user_roles WHERE user_id = u.id) FROM users u`)
    const before = await rows()

    const { exitCode, complaints } = await runCommand(own, ['user', command, account.email, ...options])

    expect([exitCode, complaints]).toEqual([1, expect.stringContaining('the last administrator')])
    expect(await rows()).toEqual(before)
    expect((await own.client().login(account)).status).toBe(200)
  })
})

describe('user delete', () => {
  test('ends every session with user_deleted, keeps the row, and enable takes it back', async () => {
    const { account, bearer } = await signedIn()

    const { json } = await run('user', 'delete', account.email, '--yes', '--json')

    expect(json).toMatchObject({ changed: true, sessions_ended: 2 })
    expect((await bearer.me()).body.ended_reason).toBe('user_deleted')
    expect(await server.client().login(account)).toBeProblem(401, 'invalid_credentials')
    expect(await server.client().register(account)).toBeProblem(400, 'email_taken')
    await run('user', 'enable', account.email)
    expect((await server.client().login(account)).status).toBe(200)
  })

  test('with --erase nothing of it is left, and the address is free', async () => {
    const { account, bearer, id } = await signedIn()

    expect((await run('user', 'delete', account.email, '--yes', '--erase')).output).toContain(
      '2 sessions ended.',
    )

    expect(await bearer.me()).toBeProblem(401, 'session_ended')
    const tables = ['sessions', 'password_credentials', 'user_roles', 'session_epochs']
    for (const table of tables) {
      const rows = await server.database.sql(`SELECT FROM ${table} WHERE user_id = $1`, [id])
      expect(rows, table).toEqual([])
    }
    expect((await server.client().register(account)).status).toBe(200)
  })

  test('asks first, naming the account; without a terminal it needs --yes', async () => {
    const { account, bearer } = await signedIn()
    const command = ['user', 'delete', account.email]

    const alone = await runCommand(server, command)
    const refused = await runCommand(server, command, { answers: ['n'] })
    const unsure = await runCommand(server, command, { answers: [''] })

    expect([alone.exitCode, refused.exitCode, unsure.exitCode]).toEqual([2, 1, 1])
    expect(refused.questions).toEqual([expect.stringContaining(account.email)])
    expect((await bearer.me()).status).toBe(200)

    expect((await runCommand(server, command, { answers: ['yes'] })).exitCode).toBe(0)
    expect(await bearer.me()).toBeProblem(401, 'session_ended')
  })
})

describe('user roles', () => {
  test('shows, gives and takes roles; sessions go on with the new ones at the next request', async () => {
    const { account, bearer } = await signedIn()
    const roles = (...given: string[]) => run('user', 'roles', account.email, ...given)

    expect((await roles()).output).toBe('USER')
    expect((await roles('--add', 'staff', '--add', 'ADMIN', '--remove', 'USER')).output).toBe('ADMIN, STAFF')
    expect((await bearer.me()).body.roles).toEqual(['ADMIN', 'STAFF'])
    expect((await roles('--remove', 'STAFF', '--json')).json.roles).toEqual(['ADMIN'])
    expect((await bearer.me()).body.roles).toEqual(['ADMIN'])
  })

  test('a role that there is not changes nothing, and the others are named', async () => {
    const { account } = await signedIn()

    const { exitCode, complaints } = await run(
      'user',
      'roles',
      account.email,
      '--add',
      'STAFF',
      '--add',
      'KING',
    )

    expect(exitCode).toBe(1)
    expect(complaints).toBe('There is no role "KING". There are: ADMIN, STAFF, USER.')
    expect((await run('user', 'roles', account.email)).output).toBe('USER')
  })
})

describe('user show and sessions', () => {
  test('show what the list of the API shows, and never a token or a hash', async () => {
    const { account, bearer, cookie } = await signedIn()
    const own = (await bearer.send('/api/auth/sessions')).body.sessions

    const { json, output } = await run('user', 'sessions', account.email, '--json')

    expect(json.sessions.map(({ id }: { id: string }) => id).toSorted()).toEqual(
      own.map(({ id }: { id: string }) => id).toSorted(),
    )
    expect(json.sessions.map(({ kind }: { kind: string }) => kind).toSorted()).toEqual(['bearer', 'cookie'])
    const shown = output + (await run('user', 'show', account.email, '--json')).output
    const [hash] = await server.database.sql<{ password_hash: string }>(
      'SELECT password_hash FROM password_credentials JOIN users ON id = user_id WHERE email = $1',
      [account.email],
    )
    for (const secret of [
      bearer.accessToken,
      bearer.refreshToken,
      ...cookie.cookies.values(),
      hash?.password_hash,
    ])
      expect(shown).not.toContain(secret)
    expect((await run('user', 'show', account.email)).output).toMatch(/live sessions +2$/)
  })
})
