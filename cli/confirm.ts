import { Problem } from '#lib/problems.ts'
import { type Call, usageError } from './command.ts'
import { printable } from './output.ts'

/** Asks, unless --yes was given. @throws a usage error when nobody is there to be asked, a Problem for another answer */
export async function requireConfirmation(call: Call, question: string): Promise<void> {
  if (call.flag('yes')) return
  if (!call.terminal.isInteractive) throw usageError('Nobody is here to confirm this. Call it with --yes.')
  const answer = await call.terminal.ask(`${printable(question)} [y/N] `)
  if (!/^y(es)?$/i.test(answer))
    throw new Problem('invalid_request', { detail: 'Not confirmed; nothing was changed.' })
}
