import fc from 'fast-check'
import { expect, test } from 'vitest'
import { equalInConstantTime, sha1Hex, sha256 } from './digest.ts'

test('the digests are those of the standard', () => {
  expect(sha256('abc').toString('hex')).toBe(
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  )
  expect(sha1Hex('password')).toBe('5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8')
})

test('two texts are equal in constant time exactly when their bytes are', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (left, right) => {
      expect(equalInConstantTime(left, right)).toBe(left === right)
      expect(equalInConstantTime(left, left)).toBe(true)
    }),
  )
})

test.each([
  ['', 'a'],
  ['a', ''],
  ['aa', 'a'],
  ['ä', 'a\u0308'],
  // As many characters as each other, but not as many bytes.
  ['ä', 'a'],
])('%j and %j are different', (left, right) => {
  expect(equalInConstantTime(left, right)).toBe(false)
})
