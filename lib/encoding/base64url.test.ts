import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isCanonicalBase64url } from './base64url.ts'

describe('exactly one spelling of some bytes is canonical', () => {
  test('a text is canonical exactly when encoding its decoded bytes gives the same text', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const spelling = fc.string({ unit: fc.constantFrom(...alphabet), minLength: 1, maxLength: 12 })

    fc.assert(
      fc.property(spelling, (text) => {
        const isOnlySpelling = Buffer.from(text, 'base64url').toString('base64url') === text
        expect(isCanonicalBase64url(text)).toBe(isOnlySpelling)
      }),
      { numRuns: 20_000 },
    )
  })

  test('what Buffer writes is canonical, and of all texts that differ in the last character only it is', () => {
    const alphabet = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_']
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 80 })

    fc.assert(
      fc.property(bytes, (value) => {
        const canonical = Buffer.from(value).toString('base64url')
        const sameBytes = alphabet
          .map((character) => canonical.slice(0, -1) + character)
          .filter((text) => Buffer.from(text, 'base64url').equals(value))
        expect(sameBytes.filter(isCanonicalBase64url)).toEqual([canonical])
      }),
    )
  })

  test('any text with a character outside the alphabet is refused', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        fc.pre(!/^[A-Za-z0-9_-]*$/.test(text))
        expect(isCanonicalBase64url(text)).toBe(false)
      }),
    )
  })
})

test.each([
  ['', 'nothing'],
  ['QQ==', 'padding'],
  ['QUI=', 'padding'],
  ['A', 'a length that no bytes have'],
  ['QUJDR', 'a length that no bytes have'],
  ['QR', 'unused bits that are set'],
  ['QUJ', 'unused bits that are set'],
  ['+/+/', 'the alphabet of plain base64'],
  ['QUJD\n', 'a line break at the end'],
  [' QUJD', 'a space'],
])('%j is refused: %s', (text) => {
  expect(isCanonicalBase64url(text)).toBe(false)
})
