import { expect, test } from 'vitest'
import { createGathering } from './gathering.ts'

test('all answers to a question come together, each to its own', async () => {
  const gathering = createGathering<string>(1000)
  const ids: number[] = []
  const asked = [2, 1].map((expected) => gathering.ask(expected, (id) => void ids.push(id)))
  const [first = 0, second = 0] = ids
  gathering.answered(second, 'b1')
  gathering.answered(first, 'a1')
  gathering.answered(first, 'a2')

  expect(await Promise.all(asked)).toEqual([['a1', 'a2'], ['b1']])
})

test('who is late is left out, and what comes then is nobody’s', async () => {
  const gathering = createGathering<string>(5)
  const ids: number[] = []
  const asked = gathering.ask(2, (id) => void ids.push(id))
  gathering.answered(ids[0] ?? 0, 'in time')

  expect(await asked).toEqual(['in time'])
  gathering.answered(ids[0] ?? 0, 'too late')
  gathering.answered(99, 'to no question')
})

test('nobody is asked when nobody can answer', async () => {
  const gathering = createGathering<string>(60_000)
  const ids: number[] = []

  expect(await gathering.ask(0, (id) => void ids.push(id))).toEqual([])
  expect(ids).toEqual([])
})
