import { Console } from 'node:console'
import { PassThrough } from 'node:stream'
import { format, inspect } from 'node:util'
import { serialize } from 'node:v8'
import { expect, test } from 'vitest'
import { Secret } from './secret.ts'

const value = 'correct-horse-battery-staple'
const secret = new Secret(value)

test('the value comes out by reveal only', () => {
  expect(secret.reveal()).toBe(value)
})

test.each<[string, () => unknown]>([
  ['String', () => String(secret)],
  ['a template', () => `${secret}`],
  ['concatenation', () => `x${secret}`.concat(secret as unknown as string)],
  ['join', () => [secret, secret].join()],
  ['JSON', () => JSON.stringify(secret)],
  ['JSON of an object around it', () => JSON.stringify({ nested: [{ secret }] })],
  ['inspect', () => inspect(secret)],
  ['inspect of an object around it', () => inspect({ nested: [{ secret }] }, { depth: 9, showHidden: true })],
  ['inspect without custom functions', () => inspect(secret, { customInspect: false, showHidden: true })],
  ['inspect with getters', () => inspect(secret, { customInspect: false, getters: true })],
  ['formatting', () => format('%s %d %i %f %j %o %O %c', ...Array(8).fill(secret))],
  ['the message of an error', () => inspect(new Error(`because of ${secret}`, { cause: secret }))],
  ['spreading', () => inspect({ ...secret })],
  ['own names', () => inspect([Object.getOwnPropertyNames(secret), Reflect.ownKeys(secret)])],
  ['entries', () => inspect([Object.entries(secret), Object.values(secret)])],
  ['Object.assign', () => inspect(Object.assign({}, secret))],
  ['structuredClone', () => inspect(structuredClone(secret))],
  ['v8.serialize', () => serialize(secret).toString('latin1')],
  ['toLocaleString', () => secret.toLocaleString()],
  ['URLSearchParams', () => new URLSearchParams({ secret: String(secret) }).toString()],
])('%s does not print the value', (_, print) => {
  expect(String(print())).not.toContain(value)
})

test('text, JSON and inspection say that there is a secret', () => {
  expect(String(secret)).toBe('[secret]')
  expect(JSON.stringify({ secret })).toBe('{"secret":"[secret]"}')
  expect(inspect({ secret })).toBe('{ secret: [secret] }')
})

test('a console prints the mask', () => {
  const output = new PassThrough()
  const printer = new Console(output)

  printer.log(secret, { secret }, '%s', secret)
  printer.table([{ secret }])
  printer.dir({ secret })

  expect(String(output.read())).not.toContain(value)
})
