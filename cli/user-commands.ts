import { changeRoles } from '#lib/accounts/change-roles.ts'
import { deleteAccount, eraseAccount } from '#lib/accounts/delete-account.ts'
import { disableAccount, enableAccount } from '#lib/accounts/disable-account.ts'
import {
  type AccountState,
  countSessionsOf,
  findAccount,
  listAccounts,
  stateOfAccount,
} from '#lib/accounts/find-account.ts'
import { invite } from '#lib/accounts/invitation.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import { listSessionsOf } from '#lib/session/revoke-sessions.ts'
import { type Account, accountJson, nameOf, userNote } from './account-view.ts'
import { type Call, type Command, usageError } from './command.ts'
import { requireConfirmation } from './confirm.ts'
import { count, facts, instant, printable, table } from './output.ts'

const states: readonly AccountState[] = ['active', 'disabled', 'deleted']
const limitMax = 1000

const list: Command = {
  name: 'user list',
  summary: 'List accounts in the order of their ids',
  operands: [],
  options: {
    search: { type: 'string', value: 'text', describe: 'part of an address or user name' },
    role: { type: 'string', value: 'name', describe: 'only accounts with this role' },
    state: { type: 'string', value: 'state', describe: `only ${states.join(', ')} ones` },
    limit: { type: 'string', value: 'n', describe: `at most so many (default 50, at most ${limitMax})` },
    after: { type: 'string', value: 'id', describe: 'only ids above this one: the next page' },
  },
  async run(call) {
    const state = call.text('state')
    const limit = numberOf(call, 'limit', 50, limitMax)
    const filter = {
      search: call.text('search'),
      role: call.text('role')?.toUpperCase() ?? null,
      state: states.find((one) => one === state) ?? null,
      afterId: numberOf(call, 'after', 0, Number.MAX_SAFE_INTEGER),
      limit,
    }
    if (state !== null && filter.state === null) throw usageError(`--state is one of ${states.join(', ')}.`)
    const accounts = await listAccounts(await call.open(), filter)
    const last = accounts.length === limit ? (accounts.at(-1)?.id ?? null) : null
    return {
      json: { users: accounts.map(accountJson), next_after: last },
      lines: [...accountTable(accounts), ...(last === null ? [] : ['', `More: --after ${last}`])],
    }
  },
}

function accountTable(accounts: readonly Account[]): string[] {
  if (accounts.length === 0) return ['No account.']
  return table(
    ['id', 'user name', 'address', 'roles', 'state', 'since'],
    accounts.map((account) => [
      String(account.id),
      account.username,
      account.email,
      account.roles.join(', '),
      stateOfAccount(account),
      account.createdAt.toISOString().slice(0, 10),
    ]),
  )
}

const show: Command = {
  name: 'user show',
  summary: 'Show one account',
  operands: ['user'],
  options: {},
  notes: [userNote],
  async run(call) {
    const { runtime, account } = await openAccount(call)
    const liveSessions = await countSessionsOf(runtime, account)
    return {
      json: { user: { ...accountJson(account), live_sessions: liveSessions } },
      lines: facts([
        ['id', String(account.id)],
        ['address', `${account.email}${account.emailVerifiedAt ? '' : ' (not verified)'}`],
        ['user name', account.username],
        ['roles', account.roles.join(', ') || '–'],
        ['state', stateOfAccount(account)],
        ['since', instant(account.createdAt)],
        ['disabled', instant(account.disabledAt)],
        ['deleted', instant(account.deletedAt)],
        ['live sessions', String(liveSessions)],
      ]),
    }
  },
}

const disable: Command = {
  name: 'user disable',
  summary: 'Disable an account: its sessions end at once, nobody signs in to it',
  operands: ['user'],
  options: {},
  notes: [userNote],
  async run(call) {
    const { runtime, account } = await openAccount(call)
    const ended = await disableAccount(runtime, account)
    return ending(account, ended, 'Disabled', 'is disabled already')
  },
}

const enable: Command = {
  name: 'user enable',
  summary: 'Let a disabled or deleted account sign in again',
  operands: ['user'],
  options: {},
  notes: [userNote, 'Sessions that ended stay ended.'],
  async run(call) {
    const { runtime, account } = await openAccount(call)
    const changed = await enableAccount(runtime, account)
    const said = changed ? `Enabled ${nameOf(account)}.` : `${nameOf(account)} is active already.`
    return { json: { user_id: account.id, changed }, lines: [printable(said)] }
  },
}

const remove: Command = {
  name: 'user delete',
  summary: 'Delete an account: its sessions end at once, nobody signs in to it',
  operands: ['user'],
  options: {
    yes: { type: 'boolean', describe: 'do not ask' },
    erase: { type: 'boolean', describe: 'remove it and all that belongs to it for good' },
  },
  notes: [
    userNote,
    'Without --erase the account is kept, its address stays taken, and "user enable" takes the deletion back.',
  ],
  async run(call) {
    const { runtime, account } = await openAccount(call)
    const how = call.flag('erase') ? 'Erase for good' : 'Delete'
    await requireConfirmation(call, `${how} ${nameOf(account)}?`)
    if (!call.flag('erase'))
      return ending(account, await deleteAccount(runtime, account), 'Deleted', 'is deleted already')
    const ended = await countSessionsOf(runtime, account)
    await eraseAccount(runtime, account)
    return ending(account, ended, 'Erased', '')
  },
}

const inviteOne: Command = {
  name: 'user invite',
  summary: 'Make a link that lets one address register (REGISTRATION=invite)',
  operands: ['address'],
  options: {},
  notes: [
    'The link works for seven days, for this address only, until it has an account. Nothing is sent: pass it on.',
  ],
  async run(call) {
    const { email, url, expiresAt } = await invite(await call.open(), call.operands[0] ?? '')
    return {
      json: { email, url, expires_at: expiresAt.toISOString() },
      lines: [printable(`Invitation for ${email}, until ${instant(expiresAt)}:`), url],
    }
  },
}

const roles: Command = {
  name: 'user roles',
  summary: 'Show or change the roles of an account',
  operands: ['user'],
  options: {
    add: { type: 'string', multiple: true, value: 'role', describe: 'give this role' },
    remove: { type: 'string', multiple: true, value: 'role', describe: 'take this role' },
  },
  notes: [userNote, 'Sessions go on with the new roles from the next request on.'],
  async run(call) {
    const { runtime, account } = await openAccount(call)
    const upperCase = (option: string) => call.texts(option).map((role) => role.toUpperCase())
    const change = { add: upperCase('add'), remove: upperCase('remove') }
    const both = change.add.find((role) => change.remove.includes(role))
    if (both) throw usageError(`${both} cannot be given and taken at once.`)
    const isChange = change.add.length + change.remove.length > 0
    if (isChange) await changeRoles(runtime, account, change)
    const current = await findAccount(runtime, account.email)
    return {
      json: { user_id: account.id, roles: current.roles },
      lines: [current.roles.join(', ') || 'No role.'],
    }
  },
}

const sessions: Command = {
  name: 'user sessions',
  summary: 'List the live sessions of an account, the last used first',
  operands: ['user'],
  options: {},
  notes: [userNote],
  async run(call) {
    const { runtime, account } = await openAccount(call)
    const live = await listSessionsOf(runtime, account)
    const rows = live.map((one) => [
      one.id,
      one.kind,
      one.device ?? '–',
      one.clientAddress ?? '–',
      instant(one.createdAt),
      instant(one.lastUsedAt),
    ])
    return {
      json: {
        sessions: live.map((one) => ({
          id: one.id,
          kind: one.kind,
          device: one.device,
          ip: one.clientAddress,
          amr: one.amr,
          created_at: one.createdAt.toISOString(),
          last_used_at: one.lastUsedAt.toISOString(),
          expires_at: one.expiresAt.toISOString(),
        })),
      },
      lines:
        rows.length === 0
          ? ['No live session.']
          : table(['id', 'kind', 'device', 'address', 'since', 'last used'], rows),
    }
  },
}

async function openAccount(call: Call): Promise<{ runtime: Runtime; account: Account }> {
  const runtime = await call.open()
  return { runtime, account: await findAccount(runtime, call.operands[0] ?? '') }
}

function ending(account: Account, ended: number | null, done: string, before: string) {
  const said =
    ended === null
      ? `${nameOf(account)} ${before}.`
      : `${done} ${nameOf(account)}; ${count(ended, 'session')} ended.`
  return {
    json: { user_id: account.id, changed: ended !== null, sessions_ended: ended ?? 0 },
    lines: [printable(said)],
  }
}

function numberOf(call: Call, option: string, byDefault: number, max: number): number {
  const text = call.text(option)
  const number = Number(text ?? byDefault)
  if (text !== null && !(/^\d{1,16}$/.test(text) && number <= max))
    throw usageError(`--${option} is a whole number, ${max} at most.`)
  return number
}

export const userCommands: readonly Command[] = [
  list,
  show,
  disable,
  enable,
  remove,
  inviteOne,
  roles,
  sessions,
]
