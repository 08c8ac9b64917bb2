import { findAccount } from '#lib/accounts/find-account.ts'
import { Problem } from '#lib/problems.ts'
import {
  revokeAfterRestore,
  revokeAllSessions,
  revokeSessions,
  revokeSessionsOf,
} from '#lib/session/revoke-sessions.ts'
import { nameOf, userNote } from './account-view.ts'
import { type Call, type Command, type Result, usageError } from './command.ts'
import { requireConfirmation } from './confirm.ts'
import { count, printable } from './output.ts'

const sessionId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

const end: Command = {
  name: 'sessions end',
  summary: 'End sessions: these, all of one account, or all of everybody',
  operands: ['[session…]'],
  options: {
    user: { type: 'string', value: 'user', describe: 'all sessions of this account' },
    all: { type: 'boolean', describe: 'all sessions of everybody' },
    yes: { type: 'boolean', describe: 'do not ask (with --all)' },
  },
  notes: [userNote, 'Every server refuses them at once, with the reason revoked_by_admin.'],
  async run(call) {
    const user = call.text('user')
    const ways = [call.operands.length > 0, user !== null, call.flag('all')].filter(Boolean)
    if (ways.length !== 1) throw usageError('Name sessions, or --user <user>, or --all.')
    if (call.flag('all')) return endAll(call)
    return user === null ? endThese(call) : endThoseOf(call, user)
  },
}

async function endThese(call: Call): Promise<Result> {
  const wrong = call.operands.find((id) => !sessionId.test(id))
  if (wrong !== undefined) throw usageError(`"${wrong}" is not the id of a session.`)
  const ended = await revokeSessions(await call.open(), call.operands)
  if (ended.length === 0)
    throw new Problem('not_found', { detail: 'None of these sessions is there and alive.' })
  const others = call.operands.map((id) => id.toLowerCase()).filter((id) => !ended.includes(id))
  return {
    json: { ended: ended.length, session_ids: ended, not_ended: others },
    lines: [
      `${count(ended.length, 'session')} ended.`,
      ...others.map((id) => `Not there, or over before: ${id}`),
    ],
  }
}

async function endThoseOf(call: Call, user: string): Promise<Result> {
  const runtime = await call.open()
  const account = await findAccount(runtime, user)
  const ended = await revokeSessionsOf(runtime, account)
  const said = `${count(ended, 'session')} of ${nameOf(account)} ended.`
  return { json: { user_id: account.id, ended }, lines: [printable(said)] }
}

async function endAll(call: Call): Promise<Result> {
  await requireConfirmation(call, 'Sign everybody out?')
  const { accounts, sessions } = await revokeAllSessions(await call.open())
  return {
    json: { accounts, ended: sessions },
    lines: [`${count(sessions, 'session')} of ${count(accounts, 'account')} ended.`],
  }
}

const afterRestore: Command = {
  name: 'sessions after-restore',
  summary: 'End what came back to life with a backup: every session and every signing key',
  operands: [],
  options: { yes: { type: 'boolean', describe: 'do not ask' } },
  notes: [
    'Run it after the database was restored from a backup, before users are let in. A backup does not know which sessions were ended, which keys were removed, and which set-up key was used after it was made.',
    'It does not know either which passwords were changed and which accounts were disabled since: do that again.',
  ],
  async run(call) {
    await requireConfirmation(call, 'Sign everybody out and replace all signing keys?')
    const { accounts, sessions, areKeysReplaced } = await revokeAfterRestore(await call.open())
    const keys = areKeysReplaced
      ? 'A new signing key signs now; no other is valid.'
      : 'With HS256 nothing is signed anew: services that share JWT_SECRET take access tokens until they expire.'
    return {
      json: { accounts, ended: sessions, keys_replaced: areKeysReplaced },
      lines: [
        `${count(sessions, 'session')} of ${count(accounts, 'account')} ended. ${keys}`,
        'Accounts that were disabled or deleted, and passwords and roles that were changed after the backup was made, are as they were in it.',
      ],
    }
  },
}

export const sessionCommands: readonly Command[] = [end, afterRestore]
