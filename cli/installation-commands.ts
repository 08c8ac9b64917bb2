import { randomBytes } from '#lib/crypto/random.ts'
import { examine, type Finding } from '#lib/doctor/examine.ts'
import type { Command } from './command.ts'
import { count, printable } from './output.ts'

const secretBytes = 48

const secret: Command = {
  name: 'secret',
  summary: 'Print a new secret for AUTH_SECRET',
  operands: [],
  options: {},
  notes: [
    'To change the one in use, append it, then move it to the front: AUTH_SECRET=old,new, later new,old.',
  ],
  async run() {
    const made = randomBytes(secretBytes).toString('base64')
    return { json: { secret: made }, lines: [made] }
  },
}

const doctor: Command = {
  name: 'doctor',
  summary: 'Look at everything that the server needs, and say how to mend what is wrong',
  operands: [],
  options: {},
  notes: [
    'Exit code 1 when something has failed; warnings alone are 0. It changes nothing and sends no mail.',
  ],
  async run(call) {
    const findings = await examine(await call.open({ inAnyState: true }), `${process.cwd()}/db/migrations`)
    const failures = findings.filter(({ state }) => state === 'failed').length
    const warnings = findings.filter(({ state }) => state === 'warning').length
    const summary =
      failures + warnings === 0
        ? 'All is well.'
        : `${count(failures, 'problem')}, ${count(warnings, 'warning')}.`
    return {
      json: { ok: failures === 0, findings },
      lines: [...findings.flatMap(linesOf), '', summary],
      hasFailed: failures > 0,
    }
  },
}

const marks: Record<Finding['state'], string> = { ok: '✓', warning: '!', failed: '✗', skipped: '–' }

function linesOf({ check, state, detail, fix }: Finding): string[] {
  const indented = fix?.split('\n').map((line) => `    ${line}`) ?? []
  return [`${marks[state]} ${check.padEnd(11)}  ${printable(detail)}.`, ...indented]
}

export const installationCommands: readonly Command[] = [secret, doctor]
