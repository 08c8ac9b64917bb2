import { expect, test } from 'vitest'
import { count, facts, instant, printable, table } from './output.ts'

test('nothing that others chose reaches the terminal as a command', () => {
  expect(printable('anna\u001b[2J\u0007\n\u202eevil')).toBe('anna\ufffd[2J\ufffd\ufffd\ufffdevil')
  expect(table(['name'], [['a\rb']]).join()).toBe('name,a\ufffdb')
  expect(facts([['name', 'a\u009bb']])).toEqual(['name  a\ufffdb'])
})

test('columns are as wide as their widest cell, counted in characters', () => {
  expect(
    table(
      ['id', 'name'],
      [
        ['1', 'Āwhina'],
        ['12', '\u{1f36a}'],
      ],
    ),
  ).toEqual(['id  name', '1   Āwhina', '12  \u{1f36a}'])
})

test('times are in UTC and say so, numbers have their commas', () => {
  expect(instant(new Date('2026-11-22T12:40:05.123Z'))).toBe('2026-11-22 12:40:05 UTC')
  expect(instant(null)).toBe('–')
  expect([count(1, 'session'), count(12_345, 'session')]).toEqual(['1 session', '12,345 sessions'])
})
