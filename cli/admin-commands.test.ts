import { describe, expect, test } from 'vitest'
import { openSetup } from '#lib/auth/setup/setup.ts'
import { newAccount } from '#test/support/api-client.ts'
import { runCommand } from '#test/support/command-line.ts'
import { serverForThisTest, type TestServer, useServer } from '#test/support/harness.ts'

const server = useServer()

function create({ email, username, password }: ReturnType<typeof newAccount>, on: TestServer = server) {
  const command = ['admin', 'create', '--email', email, '--username', username, '--password-stdin', '--json']
  return runCommand(on, command, { standardInput: `${password}\n` })
}

describe('admin create', () => {
  test('makes an account with ADMIN and the default role, who signs in; a printed set-up key is void', async () => {
    const own = await serverForThisTest()
    const key = (await openSetup(own.runtime))?.reveal()
    const account = newAccount()

    const { exitCode, json } = await create(account, own)

    expect(exitCode).toBe(0)
    expect(json.user).toMatchObject({ email: account.email, roles: ['ADMIN', 'USER'], state: 'active' })
    expect((await own.client().login(account)).body.user.roles).toEqual(['ADMIN', 'USER'])
    const setUp = await own.client().send('/api/setup', { json: { token: key, ...newAccount() } })
    expect(setUp).toBeProblem(400, 'link_used')
  })

  test('asks for what is missing, and for the password twice', async () => {
    const { email, username, password } = newAccount()

    const outcome = await runCommand(server, ['admin', 'create'], {
      answers: [email, username, password, password],
    })

    expect(outcome.exitCode).toBe(0)
    expect(outcome.questions).toEqual(['Mail address: ', 'User name: ', 'Password: ', 'Password again: '])
    expect(outcome.output).not.toContain(password)
    expect((await server.client().login({ email, password })).status).toBe(200)
  })

  test('two different passwords make nothing', async () => {
    const { email, username, password } = newAccount()
    const answers = [email, username, password, `${password}x`]

    expect((await runCommand(server, ['admin', 'create'], { answers })).exitCode).toBe(1)

    expect(await server.client().login({ email, password })).toBeProblem(401, 'invalid_credentials')
  })

  test('the same rules hold as for everybody: address, name, password, and what is taken', async () => {
    const account = newAccount()
    await create(account)
    const wrong = {
      invalid_request: [
        { ...newAccount(), email: 'no address' },
        { ...newAccount(), username: 'a@b' },
        { ...newAccount(), password: '' },
        { ...newAccount(), password: 'x'.repeat(1025) },
      ],
      weak_password: [{ ...newAccount(), password: 'password1' }],
      email_taken: [{ ...newAccount(), email: account.email }],
      username_taken: [{ ...newAccount(), username: account.username }],
    }
    for (const [code, accounts] of Object.entries(wrong)) {
      for (const one of accounts) {
        const { exitCode, json } = await create(one)
        expect([exitCode, json.error.code], JSON.stringify(one).slice(0, 99)).toEqual([1, code])
      }
    }
  })

  test('a password is never an argument, and without a terminal it comes from standard input', async () => {
    const given = ['admin', 'create', '--email', 'a@example.com', '--username', 'abc']
    const withPassword = await runCommand(server, [...given, '--password', 'a slow green ferry'])
    expect([withPassword.exitCode, withPassword.complaints]).toEqual([
      2,
      expect.stringContaining('Unknown option'),
    ])
    expect(withPassword.complaints).not.toContain('ferry')

    const alone = await runCommand(server, given)
    expect([alone.exitCode, alone.complaints]).toEqual([2, expect.stringContaining('--password-stdin')])
    expect((await runCommand(server, ['admin', 'create', '--password-stdin'])).exitCode).toBe(2)
  })
})
