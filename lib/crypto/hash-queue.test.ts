import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createHashQueue, type HashOutcome } from './hash-queue.ts'

/** A job that runs until the test ends it, on a clock that only the test moves. */
interface Job {
  name: number
  finish(afterMs?: number): Promise<void>
  fail(error: unknown): Promise<void>
  outcome: Promise<HashOutcome<number>>
}

function queueOfThisTest({ slots = 1, waitingMax = 64, waitMsMax = 2000 } = {}) {
  let nowMs = 0
  const started: number[] = []
  const queue = createHashQueue({ slots, waitingMax, waitMsMax, monotonicNow: () => nowMs })
  let name = 0

  async function arrive(): Promise<Job> {
    name += 1
    const own = name
    const end = { resolve: (_: number) => {}, reject: (_: unknown) => {} }
    const work = new Promise<number>((resolve, reject) => Object.assign(end, { resolve, reject }))
    const outcome = queue.run(() => {
      started.push(own)
      return work
    })
    // The test looks at it later, or not at all.
    outcome.catch(() => {})
    await settled()
    return {
      name: own,
      outcome,
      async finish(afterMs = 0) {
        nowMs += afterMs
        end.resolve(own)
        await settled()
      },
      async fail(error) {
        end.reject(error)
        await settled()
      },
    }
  }

  return { queue, arrive, started }
}

describe('the number of hashes at once', () => {
  test('there are never more than slots, whatever arrives and ends in whatever order', async () => {
    const steps = fc.array(fc.oneof(fc.constant('arrive' as const), fc.nat(20)), { maxLength: 80 })

    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        steps,
        fc.boolean(),
        async (slots, sequence, failing) => {
          const { queue, arrive, started } = queueOfThisTest({ slots, waitMsMax: 1e9 })
          const open: Job[] = []
          let ended = 0
          for (const step of sequence) {
            if (step === 'arrive') open.push(await arrive())
            else {
              const running = open.filter((job) => started.includes(job.name))
              const job = running[step % Math.max(1, running.length)]
              if (!job) continue
              await (failing ? job.fail(new Error('no')) : job.finish())
              open.splice(open.indexOf(job), 1)
              ended += 1
            }
            expect(started.length - ended).toBeLessThanOrEqual(slots)
            expect(queue.usage()).toEqual({
              running: Math.min(slots, open.length),
              waiting: Math.max(0, open.length - slots),
            })
          }
        },
      ),
      { numRuns: 200 },
    )
  })

  test('jobs that wait start in the order in which they arrived', async () => {
    const { arrive, started } = queueOfThisTest({ slots: 2 })
    const jobs: Job[] = []
    for (let index = 0; index < 10; index++) jobs.push(await arrive())

    expect(started).toEqual([1, 2])
    for (const job of jobs) await job.finish()

    expect(started).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  })

  test('a job that arrives while a slot changes hands does not overtake those that wait', async () => {
    const { arrive, started } = queueOfThisTest({ slots: 1 })
    const first = await arrive()
    await arrive()
    const late = first.outcome.then(() => arrive())
    await first.finish()
    await late

    expect(started).toEqual([1, 2])
  })

  test('the outcome of a job is its result', async () => {
    const { arrive } = queueOfThisTest()
    const job = await arrive()
    await job.finish()

    expect(await job.outcome).toEqual({ kind: 'done', result: 1 })
  })
})

describe('a job that fails', () => {
  test('its error reaches the caller, and its slot goes to the next', async () => {
    const { queue, arrive, started } = queueOfThisTest()
    const [failing, next] = [await arrive(), await arrive()]
    const error = new Error('no memory')
    await failing.fail(error)

    await expect(failing.outcome).rejects.toBe(error)
    expect(started).toEqual([1, 2])
    await next.finish()
    expect(queue.usage()).toEqual({ running: 0, waiting: 0 })
  })

  test('the same for one that throws before it starts to wait', async () => {
    const { queue } = queueOfThisTest()
    const thrown = queue.run(() => {
      throw new Error('at once')
    })

    await expect(thrown).rejects.toThrow('at once')
    expect(queue.usage()).toEqual({ running: 0, waiting: 0 })
  })
})

describe('what would wait too long is shed at once', () => {
  test('64 wait, the next one is shed without running, and has room again when one has ended', async () => {
    const { queue, arrive, started } = queueOfThisTest({ waitMsMax: 1e9 })
    const running = await arrive()
    for (let index = 0; index < 64; index++) {
      expect(queue.isFull()).toBe(false)
      await arrive()
    }

    expect(queue.isFull()).toBe(true)
    const shed = await arrive()
    expect(await shed.outcome).toMatchObject({ kind: 'shed' })
    expect(queue.usage()).toEqual({ running: 1, waiting: 64 })

    await running.finish()
    expect(queue.isFull()).toBe(false)
    expect(started).toEqual([1, 2])
  })

  test('a predicted wait of 2 s is accepted, one beyond is shed with the time after which to come back', async () => {
    const { queue, arrive } = queueOfThisTest({ slots: 1 })
    await teachDuration(arrive, 500)
    // One runs; each that waits adds half a second.
    for (let index = 0; index < 5; index++) await arrive()

    expect(queue.usage()).toEqual({ running: 1, waiting: 4 })
    expect(queue.isFull()).toBe(true)
    expect(await (await arrive()).outcome).toEqual({ kind: 'shed', retryAfterSeconds: 3 })
  })

  test('more slots make the predicted wait shorter', async () => {
    const { queue, arrive } = queueOfThisTest({ slots: 4 })
    await teachDuration(arrive, 500)
    for (let index = 0; index < 4 + 16; index++) await arrive()

    expect(queue.usage()).toEqual({ running: 4, waiting: 16 })
    expect(queue.isFull()).toBe(true)
  })

  test('the time to come back is at least a second', async () => {
    const { arrive } = queueOfThisTest({ slots: 1, waitMsMax: 100 })
    for (let index = 0; index < 3; index++) await arrive()

    expect(await (await arrive()).outcome).toEqual({ kind: 'shed', retryAfterSeconds: 1 })
  })

  test('while a slot is free nothing is shed, however slow the jobs before were', async () => {
    const { queue, arrive } = queueOfThisTest({ slots: 1 })
    await teachDuration(arrive, 60_000)

    expect(queue.isFull()).toBe(false)
    const job = await arrive()
    expect(queue.isFull()).toBe(true)
    await job.finish()
    expect(await job.outcome).toMatchObject({ kind: 'done' })
  })

  test('after slow jobs have passed, quick ones make room again', async () => {
    const { queue, arrive } = queueOfThisTest({ slots: 1 })
    await teachDuration(arrive, 60_000)
    await teachDuration(arrive, 20)
    await arrive()

    expect(queue.isFull()).toBe(false)
  })
})

/** Runs jobs of this duration, one after the other, until the estimate has come to it. */
async function teachDuration(arrive: () => Promise<Job>, ms: number): Promise<void> {
  for (let index = 0; index < 100; index++) {
    const job = await arrive()
    await job.finish(ms)
  }
}

/** Lets everything run that can run without the test. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}
