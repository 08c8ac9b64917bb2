import { createAdministrator, type NewAdministrator } from '#lib/accounts/create-administrator.ts'
import { Problem } from '#lib/problems.ts'
import { accountJson, nameOf } from './account-view.ts'
import { type Call, type Command, usageError } from './command.ts'
import { printable } from './output.ts'

const create: Command = {
  name: 'admin create',
  summary: 'Create an account with the role ADMIN',
  operands: [],
  options: {
    email: { type: 'string', value: 'address', describe: 'its mail address; asked for if missing' },
    username: { type: 'string', value: 'name', describe: 'its user name; asked for if missing' },
    'password-stdin': { type: 'boolean', describe: 'read the password from standard input' },
  },
  notes: [
    'The password is asked for without showing it, or read from standard input; never an argument, which everybody on this machine could see.',
    'To make an account that exists an administrator: user roles <user> --add ADMIN',
  ],
  async run(call) {
    const wanted = await readWanted(call)
    const user = await createAdministrator(await call.open(), wanted)
    return {
      json: { user: accountJson(user) },
      lines: [printable(`Administrator created: ${nameOf(user)}. Sign in with this account.`)],
    }
  },
}

/** Everything is asked for before anything is opened: a person may take a while. */
async function readWanted(call: Call): Promise<NewAdministrator> {
  const { terminal } = call
  const readsPassword = call.flag('password-stdin')
  const given = { email: call.text('email'), username: call.text('username') }
  const mayAsk = terminal.isInteractive && !readsPassword
  if (!mayAsk && (given.email === null || given.username === null))
    throw usageError('Without a terminal it needs --email and --username.')
  if (!mayAsk && !readsPassword) throw usageError('Without a terminal it needs --password-stdin.')
  const email = given.email ?? (await terminal.ask('Mail address: '))
  const username = given.username ?? (await terminal.ask('User name: '))
  const password = readsPassword ? (await terminal.readAll()).replace(/\r?\n$/, '') : await askPassword(call)
  return { email, username, password }
}

async function askPassword({ terminal }: Call): Promise<string> {
  const password = await terminal.askSecret('Password: ')
  const again = await terminal.askSecret('Password again: ')
  if (password !== again)
    throw new Problem('invalid_request', { detail: 'The two passwords differ; nothing was changed.' })
  return password
}

export const adminCommands: readonly Command[] = [create]
