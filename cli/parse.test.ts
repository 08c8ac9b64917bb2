import { expect, test } from 'vitest'
import type { Command } from './command.ts'
import { parseCall } from './parse.ts'

const command: Command = {
  name: 'keys remove',
  operands: ['kid'],
  summary: '',
  options: {},
  run: async () => {
    throw new Error('only parsed here')
  },
}

test.each(['-gu7nTUfRpaCq1PxLuSiC3JZbQsH0v5ouCkF2Yk0Xak', '--u7nTUfRpaCq1PxLuSiC3JZbQsH0v5ouCkF2Yk0Xak'])(
  'a kid that begins with a dash is a kid: %s',
  (kid) => {
    expect(parseCall(command, [kid, '--json'])).toEqual({ operands: [kid], values: { json: true } })
  },
)

test('an option that there is not is refused all the same', () => {
  expect(() => parseCall(command, ['--jsno'])).toThrow('--jsno')
})
