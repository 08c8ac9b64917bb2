import type { Runtime } from '#lib/runtime/runtime.ts'
import type { Terminal } from './terminal.ts'

export interface CommandOption {
  type: 'string' | 'boolean'
  /** May be given several times. */
  multiple?: boolean
  /** What stands for the value in the help. */
  value?: string
  describe: string
}

/** One command of an operator. It calls use cases and says what came of it; it knows no SQL. */
export interface Command {
  /** One or two words. */
  name: string
  summary: string
  /** Names of what follows: `user`, or `session…` for several, or `[session…]` where there may be none. */
  operands: readonly string[]
  options: Readonly<Record<string, CommandOption>>
  /** Paragraphs below the options in the help. */
  notes?: readonly string[]
  run(call: Call): Promise<Result>
}

/** A command as it was called. */
export interface Call {
  operands: readonly string[]
  flag(option: string): boolean
  text(option: string): string | null
  texts(option: string): readonly string[]
  terminal: Terminal
  /** Connects to the installation; closed when the command ends. */
  open(options?: OpenOptions): Promise<Runtime>
}

export interface OpenOptions {
  /** Also where the database does not answer, or has another schema. */
  inAnyState: boolean
}

export interface Result {
  /** What --json prints. */
  json: unknown
  /** What is printed otherwise. */
  lines: readonly string[]
  /** True: exit code 1, although everything was said. */
  hasFailed?: boolean
}

const name = 'UsageError'

/** The command was called in a way that it does not understand: exit code 2. */
export function usageError(sentence: string): Error {
  const error = new Error(sentence)
  error.name = name
  return error
}

export function isUsageError(error: unknown): error is Error {
  return error instanceof Error && error.name === name
}
