import { expect, test } from 'vitest'
import { findsStaleAnswerWithoutLoadCheck, requireNoStaleAnswer } from '#test/support/schedules.ts'

test('in no order of sending, committing, hearing, arriving and reconnecting is a stale yes given', async () => {
  await requireNoStaleAnswer(3000)
})

test('control run: with answers kept that a change overtook, a schedule with a stale yes is found', async () => {
  expect(await findsStaleAnswerWithoutLoadCheck(20_000)).toBe(true)
})
