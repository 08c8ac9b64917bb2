import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { newRootSecret, oldRootSecret, secretWithTheIdOf } from '#test/support/root-secrets.ts'
import { deriveRootKeys } from './root-keys.ts'
import { seal, unseal } from './sealing.ts'

const roots = deriveRootKeys([oldRootSecret])
const plaintext = Buffer.from('a private key')

test('any bytes come back under the context they were sealed for', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.string(), (bytes, context) => {
      expect(unseal(roots, seal(roots, bytes, context), context)).toEqual(Buffer.from(bytes))
    }),
  )
})

test('sealed bytes show nothing of the plaintext and are different each time', () => {
  const sealed = Array.from({ length: 50 }, () => seal(roots, plaintext, 'row 1'))

  expect(new Set(sealed.map((bytes) => bytes.toString('hex'))).size).toBe(50)
  for (const bytes of sealed) expect(bytes.includes('private')).toBe(false)
})

describe('what was not sealed for this place opens nothing', () => {
  const sealed = seal(roots, plaintext, 'row 1')

  test.each(['row 2', '', 'row 1 ', 'Row 1'])('moved to the context %j', (context) => {
    expect(unseal(roots, sealed, context)).toBeNull()
  })

  test('with any one bit flipped, in the root id, the nonce, the tag or the ciphertext', () => {
    for (let index = 0; index < sealed.length; index++) {
      for (const bit of [1, 2, 4, 8, 16, 32, 64, 128]) {
        const altered = Buffer.from(sealed)
        altered.writeUInt8(altered.readUInt8(index) ^ bit, index)
        expect(unseal(roots, altered, 'row 1'), `byte ${index}`).toBeNull()
      }
    }
  })

  test('cut at any place, or with bytes added', () => {
    for (let length = 0; length < sealed.length; length++) {
      expect(unseal(roots, sealed.subarray(0, length), 'row 1'), `${length} bytes`).toBeNull()
    }
    expect(unseal(roots, Buffer.concat([sealed, Buffer.of(0)]), 'row 1')).toBeNull()
  })

  test('under another root, also one that shares the id byte', () => {
    const other = deriveRootKeys([newRootSecret])
    const renamed = Buffer.concat([Buffer.of(other.current.id), sealed.subarray(1)])

    expect(unseal(other, sealed, 'row 1')).toBeNull()
    expect(unseal(other, renamed, 'row 1')).toBeNull()
  })
})

test('after a rotation the old secret still opens and the new one seals; then the old one is not needed', () => {
  const both = deriveRootKeys([newRootSecret, oldRootSecret])
  const sealedBefore = seal(roots, plaintext, 'row 1')
  const sealedAfter = seal(both, plaintext, 'row 1')

  expect(unseal(both, sealedBefore, 'row 1')).toEqual(plaintext)
  expect(unseal(deriveRootKeys([newRootSecret]), sealedAfter, 'row 1')).toEqual(plaintext)
  expect(unseal(deriveRootKeys([newRootSecret]), sealedBefore, 'row 1')).toBeNull()
})

test('of two roots with one id byte, the one that sealed opens', () => {
  const twins = deriveRootKeys([secretWithTheIdOf(oldRootSecret), oldRootSecret])

  expect(unseal(twins, seal(roots, plaintext, 'row 1'), 'row 1')).toEqual(plaintext)
})
