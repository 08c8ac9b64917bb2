import { createInterface } from 'node:readline/promises'
import { Problem } from '#lib/problems.ts'

/** Where a command is called from. Questions and complaints go to the error stream, so that output stays clean. */
export interface Terminal {
  /** False when nobody is there to be asked. */
  isInteractive: boolean
  print(text: string): void
  complain(text: string): void
  ask(question: string): Promise<string>
  /** Asks without showing what is typed. */
  askSecret(question: string): Promise<string>
  /** All of standard input. */
  readAll(): Promise<string>
}

export interface TerminalStreams {
  input: NodeJS.ReadableStream & { isTTY?: boolean; setRawMode?: (isRaw: boolean) => unknown }
  output: NodeJS.WritableStream
  errors: NodeJS.WritableStream & { isTTY?: boolean }
}

export function createTerminal({ input, output, errors }: TerminalStreams): Terminal {
  return {
    isInteractive: input.isTTY === true && errors.isTTY === true,
    print: (text) => void output.write(`${text}\n`),
    complain: (text) => void errors.write(`${text}\n`),
    async ask(question) {
      const lines = createInterface({ input, output: errors })
      try {
        return (await lines.question(question)).trim()
      } finally {
        lines.close()
      }
    },
    async askSecret(question) {
      errors.write(question)
      try {
        return await readHidden(input)
      } finally {
        errors.write('\n')
      }
    },
    async readAll() {
      const chunks: Buffer[] = []
      for await (const chunk of input) chunks.push(Buffer.from(chunk))
      return Buffer.concat(chunks).toString('utf8')
    },
  }
}

const keys = { end: '\u0004', interrupt: '\u0003', backspace: ['\u007f', '\b'], enter: ['\r', '\n'] }

/** Reads one line in raw mode, in which the terminal does not show what is typed, and we do the editing. */
function readHidden(input: TerminalStreams['input']): Promise<string> {
  return new Promise((resolve, reject) => {
    let typed: string[] = []
    const finish = (conclude: () => void) => {
      input.off('data', onData)
      input.setRawMode?.(false)
      input.pause()
      conclude()
    }
    const onData = (chunk: Buffer | string) => {
      for (const key of String(chunk)) {
        if (key === keys.interrupt)
          finish(() => reject(new Problem('invalid_request', { detail: 'Interrupted.' })))
        else if (key === keys.end || keys.enter.includes(key)) finish(() => resolve(typed.join('')))
        else if (keys.backspace.includes(key)) typed = typed.slice(0, -1)
        else if (key >= ' ') typed.push(key)
      }
    }
    input.setRawMode?.(true)
    input.on('data', onData)
    input.resume()
  })
}
