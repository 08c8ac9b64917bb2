import { expect, test } from 'vitest'
import { hashSlots, usableCores, workersOf } from './cores.ts'

test('a process has at least one core, and never a part of one', () => {
  expect(usableCores()).toBeGreaterThanOrEqual(1)
  expect(Number.isInteger(usableCores())).toBe(true)
})

test('auto means a process for each core, a number means that many', () => {
  expect([workersOf('auto', 4), workersOf(1, 4), workersOf(8, 4)]).toEqual([4, 1, 8])
})

test('processes share the cores for hashing, and each can hash', () => {
  expect([1, 2, 3, 4, 8, 9].map((workers) => hashSlots(8, workers))).toEqual([8, 4, 2, 2, 1, 1])
})
