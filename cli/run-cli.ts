import { databaseTrouble } from '#lib/doctor/database-trouble.ts'
import { isProblem, type Problem, problems } from '#lib/problems.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import { configurationExitCode, isStartRefusal } from '#server/start-refusal.ts'
import { type Call, type Command, isUsageError, type OpenOptions, type Result } from './command.ts'
import { commands } from './commands.ts'
import { helpOf, overview } from './help.ts'
import { type ParsedCall, parseCall } from './parse.ts'
import type { Terminal } from './terminal.ts'

export interface OpenedRuntime {
  runtime: Runtime
  close(): Promise<void>
}

export interface Surroundings {
  terminal: Terminal
  open(options: OpenOptions): Promise<OpenedRuntime>
}

const exitCodes = { done: 0, failed: 1, usage: 2, configuration: configurationExitCode }

/** Runs one command. @returns its exit code */
export async function runCli(given: readonly string[], surroundings: Surroundings): Promise<number> {
  const { terminal } = surroundings
  const chosen = choose(given)
  if (!chosen) return printOverview(given, terminal)
  const { command, rest } = chosen
  const wantsJson = rest.includes('--json')
  const opened: OpenedRuntime[] = []
  try {
    const parsed = parseCall(command, rest)
    if (parsed.values['help'] === true) {
      terminal.print(helpOf(command).join('\n'))
      return exitCodes.done
    }
    const result = await command.run(callOf(parsed, surroundings, opened))
    printResult(terminal, result, wantsJson)
    return result.hasFailed ? exitCodes.failed : exitCodes.done
  } catch (error) {
    return complain(terminal, error, { command, wantsJson })
  } finally {
    for (const one of opened) await one.close()
  }
}

/** A command has one or two words. */
function choose(given: readonly string[]): { command: Command; rest: readonly string[] } | null {
  for (const words of [2, 1]) {
    const name = given.slice(0, words).join(' ')
    const command = commands.find((one) => one.name === name)
    if (command) return { command, rest: given.slice(words) }
  }
  return null
}

function printOverview(given: readonly string[], terminal: Terminal): number {
  const [group = '', word = ''] = given
  const related = commands.filter(({ name }) => name.split(' ')[0] === group)
  const shown = overview(related.length > 0 ? related : commands).join('\n')
  if (given.some((one) => /^(help|-h|--help)$/.test(one))) {
    terminal.print(shown)
    return exitCodes.done
  }
  if (given.length > 0) terminal.complain(`There is no command "${`${group} ${word}`.trim()}".\n`)
  terminal.complain(shown)
  return exitCodes.usage
}

function callOf({ operands, values }: ParsedCall, surroundings: Surroundings, opened: OpenedRuntime[]): Call {
  return {
    operands,
    flag: (option) => values[option] === true,
    text(option) {
      const value = values[option]
      return typeof value === 'string' ? value : null
    },
    texts(option) {
      const value = values[option]
      return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
    },
    terminal: surroundings.terminal,
    async open(options = { inAnyState: false }) {
      const one = await surroundings.open(options)
      opened.push(one)
      return one.runtime
    },
  }
}

function printResult(terminal: Terminal, { json, lines }: Result, wantsJson: boolean): void {
  terminal.print(wantsJson ? JSON.stringify(json, null, 2) : lines.join('\n'))
}

interface Failure {
  exitCode: number
  code: string
  sentence: string
}

function complain(
  terminal: Terminal,
  error: unknown,
  { command, wantsJson }: { command: Command; wantsJson: boolean },
): number {
  const { exitCode, code, sentence } = describeFailure(error)
  const advice = exitCode === exitCodes.usage ? `\nnpm run cli -- ${command.name} --help tells more.` : ''
  terminal.complain(wantsJson ? JSON.stringify({ error: { code, detail: sentence } }) : sentence + advice)
  return exitCode
}

/** The one place where what was thrown becomes words. @throws what nobody expected: a fault of ours */
function describeFailure(error: unknown): Failure {
  if (isUsageError(error)) return { exitCode: exitCodes.usage, code: 'usage', sentence: error.message }
  if (isStartRefusal(error))
    return { exitCode: exitCodes.configuration, code: 'configuration', sentence: error.message }
  const problem = isProblem(error) ? error : databaseTrouble(error)
  if (!problem) throw error
  return { exitCode: exitCodes.failed, code: problem.code, sentence: sentenceOf(problem) }
}

function sentenceOf({ code, options }: Problem): string {
  const [first, ...others] = options.errors?.map(({ detail }) => detail) ?? []
  const whole = options.detail ?? first ?? problems[code].detail
  return [whole, ...others].join('\n')
}
