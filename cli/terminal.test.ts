import { PassThrough } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { createTerminal, type TerminalStreams } from './terminal.ts'

/** A terminal whose other end a test types at. */
function fakeTerminal() {
  const raw: boolean[] = []
  const input: PassThrough & Pick<TerminalStreams['input'], 'isTTY' | 'setRawMode'> = Object.assign(
    new PassThrough(),
    { isTTY: true, setRawMode: (isRaw: boolean) => void raw.push(isRaw) },
  )
  const output = new PassThrough()
  const errors = Object.assign(new PassThrough(), { isTTY: true })
  const shown = () => String(errors.read() ?? '')
  return { terminal: createTerminal({ input, output, errors }), input, output, shown, raw }
}

describe('a secret', () => {
  test('is read without being shown, in raw mode for no longer than that', async () => {
    const { terminal, input, shown, raw } = fakeTerminal()
    const asked = terminal.askSecret('Password: ')
    input.write('s3')
    input.write('cret\r')

    expect(await asked).toBe('s3cret')
    expect(shown()).toBe('Password: \n')
    expect(raw).toEqual([true, false])
  })

  test('may be corrected, holds any letter, and nothing that a terminal obeys', async () => {
    const { terminal, input } = fakeTerminal()
    const asked = terminal.askSecret('Password: ')
    input.write('wrong\u007f\u007f\u007f\u007f\u007f')
    input.write('kūmara\u001b \u{1f36a}!\u007f\n')

    expect(await asked).toBe('kūmara \u{1f36a}')
  })

  test('Ctrl-C leaves it, and the terminal as it was', async () => {
    const { terminal, input, raw } = fakeTerminal()
    const asked = terminal.askSecret('Password: ')
    input.write('half\u0003')

    await expect(asked).rejects.toThrow()
    expect(raw).toEqual([true, false])
  })
})

test('questions go to the error stream, so that output stays what the command says', async () => {
  const { terminal, input, output, shown } = fakeTerminal()
  const asked = terminal.ask('User name: ')
  input.write('  anna \n')

  expect(await asked).toBe('anna')
  expect(shown()).toContain('User name: ')
  expect(output.read()).toBeNull()
})

test('without a terminal on both sides nobody is there to be asked', () => {
  const [input, output, errors] = [new PassThrough(), new PassThrough(), new PassThrough()]
  const isInteractive = (isInput: boolean, isErrors: boolean) =>
    createTerminal({
      input: Object.assign(input, { isTTY: isInput }),
      output,
      errors: Object.assign(errors, { isTTY: isErrors }),
    }).isInteractive

  expect([isInteractive(true, true), isInteractive(true, false), isInteractive(false, true)]).toEqual([
    true,
    false,
    false,
  ])
})

test('standard input is read to its end', async () => {
  const { terminal, input } = fakeTerminal()
  input.write('a slow ')
  input.end('green ferry\n')

  expect(await terminal.readAll()).toBe('a slow green ferry\n')
})
