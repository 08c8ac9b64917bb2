import fc from 'fast-check'
import { runSchedule, type Step } from './scheduled-view.ts'

const session = fc.nat({ max: 2 })
const which = fc.nat({ max: 5 })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('check' as const), session }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('send' as const), which }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('arrive' as const), which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('fail' as const), which }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('end' as const), session, byUser: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('endHere' as const), session }) },
  { weight: 3, arbitrary: fc.constant<Step>({ do: 'notify' }) },
  { weight: 1, arbitrary: fc.constant<Step>({ do: 'silence' }) },
  { weight: 1, arbitrary: fc.constant<Step>({ do: 'lose' }) },
  { weight: 2, arbitrary: fc.constant<Step>({ do: 'reconnect' }) },
  { weight: 2, arbitrary: fc.constant<Step>({ do: 'prove' }) },
)
const schedules = fc.array(step, { minLength: 4, maxLength: 40 })

const seed = 20_260_101

/** Runs random schedules; throws the shortest one in which somebody was believed who must not be. */
export async function requireNoStaleAnswer(runs: number): Promise<void> {
  const isRight = fc.asyncProperty(schedules, async (steps) => {
    const [stale] = await runSchedule(steps, true)
    if (stale) throw new Error(`session ${stale.session}: ${stale.why}`)
  })
  await fc.assert(isRight, { numRuns: runs, seed })
}

/** The same without the check of loads: true when some schedule goes wrong, as it must. */
export async function findsStaleAnswerWithoutLoadCheck(runs: number): Promise<boolean> {
  const isRight = fc.asyncProperty(schedules, async (steps) => (await runSchedule(steps, false)).length === 0)
  return (await fc.check(isRight, { numRuns: runs, seed })).failed
}
