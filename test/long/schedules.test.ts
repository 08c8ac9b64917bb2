import { test } from 'vitest'
import { requireNoStaleAnswer } from '#test/support/schedules.ts'

const runs = 100_000

test('in a hundred thousand orders of sending, committing, hearing and arriving no stale yes is given', async () => {
  await requireNoStaleAnswer(runs)
  console.log(`schedules: ${runs}`)
})
