import { expect, test } from 'vitest'
import { failuresAfter, restartDelay } from './restart-delay.ts'

test('a worker that dies for the first time is followed soon, one that keeps dying ever later, up to ten seconds', () => {
  expect([1, 2, 3, 4, 5, 6, 7, 8, 100].map(restartDelay)).toEqual([
    200, 400, 800, 1600, 3200, 6400, 10_000, 10_000, 10_000,
  ])
})

test('after a minute of service a death is a first one again', () => {
  expect(failuresAfter(0, 0)).toBe(1)
  expect(failuresAfter(5, 59_999)).toBe(6)
  expect(failuresAfter(5, 60_000)).toBe(0)
})
