import { expect, test } from 'vitest'
import { randomBytes } from './random.ts'

test('random bytes have the size that was asked for and do not repeat', () => {
  const drawn = Array.from({ length: 1000 }, () => randomBytes(16))

  expect(drawn.every((bytes) => bytes.length === 16)).toBe(true)
  expect(new Set(drawn.map((bytes) => bytes.toString('hex'))).size).toBe(1000)
  expect(randomBytes(0)).toHaveLength(0)
})
