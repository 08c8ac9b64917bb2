import { expect, test } from 'vitest'
import { inTurn } from './in-turn.ts'

test('a value that is here is gone on with at once, and one that is to come when it comes', async () => {
  expect(inTurn(1, (value) => value + 1)).toBe(2)

  const later = inTurn(Promise.resolve(1), (value) => value + 1)

  expect(later).toBeInstanceOf(Promise)
  expect(await later).toBe(2)
})

test('what goes wrong on the way is thrown in the same turn, or rejects', async () => {
  const fail = () => {
    throw new Error('refused')
  }

  expect(() => inTurn(1, fail)).toThrow('refused')
  await expect(inTurn(Promise.resolve(1), fail)).rejects.toThrow('refused')
})
