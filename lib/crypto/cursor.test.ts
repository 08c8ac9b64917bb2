import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readCursor, writeCursor } from './cursor.ts'
import { deriveRootKeys } from './root-keys.ts'
import { Secret } from './secret.ts'

const secrets = [
  new Secret('an old root secret that is long enough'),
  new Secret('a new root secret, long enough'),
]
const roots = deriveRootKeys(secrets)
const position = [1_795_388_516_599_123, '0199f0a0-0000-7000-8000-000000000001']

describe('a cursor', () => {
  test('leads back to the position it was written for', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.integer(), fc.string())), (anyPosition) => {
        expect(readCursor(roots, 'list', writeCursor(roots, 'list', anyPosition))).toEqual(anyPosition)
      }),
    )
  })

  test('still works after another root secret has taken over, and ends with its own', () => {
    const [old] = secrets
    const cursor = writeCursor(deriveRootKeys(old ? [old] : []), 'list', position)

    expect(readCursor(roots, 'list', cursor)).toEqual(position)
    expect(readCursor(deriveRootKeys(secrets.slice(1)), 'list', cursor)).toBe(null)
  })

  test('of another list is none', () => {
    expect(readCursor(roots, 'another list', writeCursor(roots, 'list', position))).toBe(null)
  })

  test('that differs in any character is none, and neither is invented text', () => {
    const cursor = writeCursor(roots, 'list', position)
    for (let index = 0; index < cursor.length; index += 1) {
      const other = cursor[index] === 'A' ? 'B' : 'A'
      expect(readCursor(roots, 'list', cursor.slice(0, index) + other + cursor.slice(index + 1))).toBe(null)
    }
    fc.assert(fc.property(fc.string(), (text) => readCursor(roots, 'list', text) === null))
    expect(readCursor(roots, 'list', `${cursor}.more`)).toBe(null)
  })
})
