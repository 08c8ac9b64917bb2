import { spawn } from 'node:child_process'

export interface FinishedCommand {
  exitCode: number | null
  output: string
  complaints: string
  /** When it had ended, by performance.now(). */
  endedMs: number
}

export interface CommandOptions {
  /** A folder made by makeClone(). */
  clone: string
  variables: Record<string, string>
  standardInput?: string
}

/** Runs an operator's command as a process of its own, from the shipped build. */
export function runCommandProcess(
  given: readonly string[],
  { clone, variables, standardInput = '' }: CommandOptions,
): Promise<FinishedCommand> {
  return runNode(['dist/cli.mjs', ...given], { clone, variables, standardInput })
}

export function runNode(
  options: readonly string[],
  { clone, variables, standardInput = '' }: CommandOptions,
): Promise<FinishedCommand> {
  const { PATH = '', HOME = '', LANG = 'C.UTF-8' } = process.env
  const child = spawn(process.execPath, options, {
    cwd: clone,
    env: { PATH, HOME, LANG, NODE_ENV: 'production', ...variables },
  })
  const [output, complaints]: string[][] = [[], []]
  child.stdout.on('data', (chunk) => output?.push(String(chunk)))
  child.stderr.on('data', (chunk) => complaints?.push(String(chunk)))
  child.stdin.end(standardInput)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (exitCode) =>
      resolve({
        exitCode,
        output: output?.join('') ?? '',
        complaints: complaints?.join('') ?? '',
        endedMs: performance.now(),
      }),
    )
  })
}
