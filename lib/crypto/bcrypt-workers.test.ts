import bcrypt from 'bcryptjs'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type BcryptWorkers, createBcryptWorkers } from './bcrypt-workers.ts'

const file = `${import.meta.dirname}/bcrypt-worker.mjs`
const quickHash = bcrypt.hashSync('right', 4)

describe('comparing', () => {
  test('the right password is told from a wrong one, again and again', async () => {
    const workers = workersOfThisTest()

    for (let round = 0; round < 5; round++) {
      expect(await workers.compare('right', quickHash)).toBe(true)
      expect(await workers.compare('wrong', quickHash)).toBe(false)
    }
  })

  test('each of many comparisons at once gets its own answer', async () => {
    const workers = workersOfThisTest()
    const passwords = ['right', 'wrong', 'right', 'right', 'wrong', 'wrong']

    const answers = await Promise.all(passwords.map((password) => workers.compare(password, quickHash)))

    expect(answers).toEqual([true, false, true, true, false, false])
  })

  test('no thread starts before the first comparison, and idle threads are used again', async () => {
    const started = countThreads()
    const workers = workersOfThisTest()
    expect(started()).toBe(0)

    await workers.compare('right', quickHash)
    await workers.compare('wrong', quickHash)
    expect(started()).toBe(1)

    await Promise.all([workers.compare('right', quickHash), workers.compare('wrong', quickHash)])
    expect(started()).toBe(2)
  })

  test('the event loop turns while a costly hash is compared', async () => {
    const workers = workersOfThisTest()
    const costly = await hashElsewhere('right', 12)
    await workers.compare('right', quickHash)
    let turns = 0
    let isDone = false

    const comparing = workers.compare('right', costly).finally(() => {
      isDone = true
    })
    while (!isDone) {
      await new Promise((resolve) => setImmediate(resolve))
      turns += 1
    }

    expect(await comparing).toBe(true)
    // On this thread the comparison is one piece of work of 100 ms and more: one turn.
    expect(turns).toBeGreaterThan(100)
  })
})

describe('a worker that stops', () => {
  test('by an error fails its own comparison only; the next one has a new worker', async () => {
    const started = countThreads()
    const workers = workersOfThisTest()

    await expect(workers.compare(undefined as unknown as string, quickHash)).rejects.toThrow()
    expect(await workers.compare('right', quickHash)).toBe(true)
    expect(started()).toBe(2)
  })

  test('during a comparison fails it, and leaves nobody waiting', async () => {
    const workers = workersOfThisTest()
    const costly = await hashElsewhere('right', 12)
    await workers.compare('right', quickHash)

    const comparing = workers.compare('right', costly)
    await Promise.all([workers.close(), expect(comparing).rejects.toThrow('a bcrypt worker stopped')])
  })

  test('because its file is not there fails the comparison', async () => {
    const workers = createBcryptWorkers(`${import.meta.dirname}/no-such-worker.mjs`)
    onTestFinished(() => workers.close())

    await expect(workers.compare('right', quickHash)).rejects.toThrow(/no-such-worker/)
  })
})

function workersOfThisTest(): BcryptWorkers {
  const workers = createBcryptWorkers(file)
  onTestFinished(() => workers.close())
  return workers
}

/** Counts the worker threads that this process starts from now on. */
function countThreads(): () => number {
  let count = 0
  const onWorker = () => {
    count += 1
  }
  process.on('worker', onWorker)
  onTestFinished(() => void process.off('worker', onWorker))
  return () => count
}

/** Without blocking for long: bcryptjs hashes in small pieces. */
function hashElsewhere(password: string, cost: number): Promise<string> {
  return bcrypt.hash(password, cost)
}
