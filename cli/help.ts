import type { Command } from './command.ts'
import { facts } from './output.ts'

const call = 'npm run cli --'
const commonOptions: readonly (readonly [string, string])[] = [
  ['--json', 'print one JSON value instead of text'],
  ['-h, --help', 'print this'],
]

/** All commands, one a line. */
export function overview(commands: readonly Command[]): string[] {
  return [
    `Usage: ${call} <command> [options]`,
    '',
    ...facts(
      commands.map(({ name, operands, summary }) => [[name, ...operands.map(bracketed)].join(' '), summary]),
    ),
    '',
    'Every command takes --help and --json. Exit codes: 0 done, 1 failed, 2 called wrongly, 78 configuration refused.',
    'The settings are those of the server: the environment, and .env in this folder.',
  ]
}

/** One command with its options. */
export function helpOf({ name, summary, operands, options, notes = [] }: Command): string[] {
  const own = Object.entries(options).map(
    ([option, { value, describe }]) => [`--${option}${value ? ` <${value}>` : ''}`, describe] as const,
  )
  return [
    `Usage: ${[call, name, ...operands.map(bracketed)].join(' ')} [options]`,
    '',
    `${summary}.`,
    '',
    ...facts([...own, ...commonOptions]).map((line) => `  ${line}`),
    ...notes.flatMap((note) => ['', note]),
  ]
}

function bracketed(operand: string): string {
  return operand.startsWith('[') ? operand : `<${operand}>`
}
