import { describe, expect, test } from 'vitest'
import { startRefusal } from '#server/start-refusal.ts'
import { runCommand } from '#test/support/command-line.ts'
import { serverForThisTest, useServer } from '#test/support/harness.ts'
import { commands } from './commands.ts'
import { runCli } from './run-cli.ts'
import { createTerminal } from './terminal.ts'

const server = useServer()
const run = (...given: string[]) => runCommand(server, given)

describe('help', () => {
  test.each(commands.map(({ name }) => name))(
    '%s --help says how to call it, and does nothing',
    async (name) => {
      for (const flag of ['--help', '-h']) {
        const { exitCode, output, complaints } = await run(...name.split(' '), flag)
        expect(exitCode).toBe(0)
        expect(output).toMatch(new RegExp(`^Usage: npm run cli -- ${name} `))
        expect(output).toContain('--json')
        expect(complaints).toBe('')
      }
    },
  )

  test('without a command every command is listed, and the exit code is 2; with --help it is 0', async () => {
    for (const [given, exitCode] of [
      [[], 2],
      [['--help'], 0],
      [['help'], 0],
    ] as const) {
      const outcome = await run(...given)
      expect(outcome.exitCode).toBe(exitCode)
      for (const { name } of commands) expect(outcome.output + outcome.complaints).toContain(`\n${name} `)
    }
  })

  test('a group alone lists its commands', async () => {
    const { exitCode, complaints } = await run('user')
    expect(exitCode).toBe(2)
    expect(complaints).toContain('user disable <user>')
    expect(complaints).not.toContain('keys list')
  })
})

describe('a wrong call is exit code 2, a sentence, and no change', () => {
  test.each([
    ['an unknown command', ['user', 'explode'], 'There is no command "user explode".'],
    ['an unknown option', ['user', 'list', '--loud'], "Unknown option '--loud'."],
    ['a missing operand', ['user', 'disable'], '"user disable" needs <user>.'],
    ['a surplus operand', ['keys', 'rotate', 'now'], '"keys rotate" does not take "now".'],
    ['a missing value', ['user', 'list', '--limit'], "Option '--limit <value>' argument missing."],
    [
      'a number that is none',
      ['user', 'list', '--limit', 'many'],
      '--limit is a whole number, 1000 at most.',
    ],
    [
      'a state that is none',
      ['user', 'list', '--state', 'asleep'],
      '--state is one of active, disabled, deleted.',
    ],
    [
      'two ways at once',
      ['sessions', 'end', '--all', '--user', 'anna'],
      'Name sessions, or --user <user>, or --all.',
    ],
    ['nothing to end', ['sessions', 'end'], 'Name sessions, or --user <user>, or --all.'],
    ['an id that is none', ['sessions', 'end', 'abc'], '"abc" is not the id of a session.'],
    [
      'a role both given and taken',
      ['user', 'roles', 'anna', '--add', 'STAFF', '--remove', 'staff'],
      'STAFF cannot',
    ],
  ])('%s', async (_, given, sentence) => {
    await server.client().register({ username: 'anna', email: 'anna@example.com' })

    const { exitCode, output, complaints } = await run(...given)

    expect(exitCode).toBe(2)
    expect(complaints).toContain(sentence)
    expect(output).toBe('')
  })
})

describe('what fails', () => {
  test('an account that there is not is exit code 1 and a sentence, with --json one object', async () => {
    const plain = await run('user', 'show', 'nobody')
    expect([plain.exitCode, plain.complaints]).toEqual([1, 'There is no account "nobody".'])

    const { exitCode, output, json } = await run('user', 'show', 'nobody', '--json')
    expect([exitCode, output]).toEqual([1, ''])
    expect(json).toEqual({ error: { code: 'not_found', detail: 'There is no account "nobody".' } })
  })

  test('a refused configuration is exit code 78 with its sentence', async () => {
    const complaints: string[] = []
    const { stdin: input, stdout: output, stderr: errors } = process
    const terminal = createTerminal({ input, output, errors })
    const exitCode = await runCli(['user', 'list'], {
      terminal: { ...terminal, complain: (text) => void complaints.push(text) },
      open: async () => {
        throw startRefusal('The configuration has one problem')
      },
    })
    expect([exitCode, complaints]).toEqual([78, ['The configuration has one problem']])
  })

  test('a database that does not answer is exit code 1 and says so', async () => {
    const own = await serverForThisTest()
    own.runtime.database.run = async () => {
      throw Object.assign(new Error('connect ECONNREFUSED /nowhere'), { code: 'ECONNREFUSED' })
    }

    const { exitCode, complaints } = await runCommand(own, ['user', 'list'])

    expect(exitCode).toBe(1)
    expect(complaints).toBe('The database does not answer: connect ECONNREFUSED /nowhere.')
  })

  test('a fault of ours is not hidden behind a sentence', async () => {
    const own = await serverForThisTest()
    own.runtime.database.run = async () => {
      throw new TypeError('a bug')
    }
    await expect(runCommand(own, ['user', 'list'])).rejects.toThrow('a bug')
  })
})

test('every command that can be called without harm prints one JSON value with --json', async () => {
  for (const name of ['user list', 'keys list', 'secret', 'doctor']) {
    const { json } = await run(...name.split(' '), '--json')
    expect(json, name).toBeTypeOf('object')
  }
})

test('secret prints 48 fresh random bytes, which strict mode takes', async () => {
  const made = await Promise.all([run('secret'), run('secret'), run('secret', '--json')])
  const secrets = [made[0]?.output, made[1]?.output, made[2]?.json.secret].map(String)

  expect(new Set(secrets).size).toBe(3)
  for (const secret of secrets) {
    expect(Buffer.from(secret, 'base64')).toHaveLength(48)
    await serverForThisTest({ AUTH_SECRET: secret })
  }
})
