import { runCli } from '../../cli/run-cli.ts'
import type { Terminal } from '../../cli/terminal.ts'
import type { TestServer } from './harness.ts'

export interface CommandOutcome {
  exitCode: number
  output: string
  complaints: string
  /** What --json printed, on either stream. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read whatever it holds
  json: any
  /** What a person was asked, in order. */
  questions: string[]
}

export interface Operator {
  /** Answers of the person at the terminal, in order; without any nobody is there. */
  answers?: readonly string[]
  standardInput?: string
}

/** Runs an operator's command against the installation of a test server. */
export async function runCommand(
  { runtime }: Pick<TestServer, 'runtime'>,
  given: readonly string[],
  { answers, standardInput = '' }: Operator = {},
): Promise<CommandOutcome> {
  const [output, complaints, questions]: string[][] = [[], [], []]
  const left = [...(answers ?? [])]
  const answer = async (question: string) => {
    questions?.push(question)
    return left.shift() ?? ''
  }
  const terminal: Terminal = {
    isInteractive: answers !== undefined,
    print: (text) => void output?.push(text),
    complain: (text) => void complaints?.push(text),
    ask: answer,
    askSecret: answer,
    readAll: async () => standardInput,
  }
  const exitCode = await runCli(given, {
    terminal,
    open: async () => ({ runtime, close: async () => {} }),
  })
  const [printed, complained] = [output?.join('\n') ?? '', complaints?.join('\n') ?? '']
  return {
    exitCode,
    output: printed,
    complaints: complained,
    json: given.includes('--json') ? JSON.parse(printed || complained) : null,
    questions: questions ?? [],
  }
}
