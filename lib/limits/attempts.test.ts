import { beforeAll, describe, expect, test } from 'vitest'
import { pingDatabase } from '#db/queries/installation.ts'
import { newAccount } from '#test/support/api-client.ts'
import { serverBeside, serverForThisTest, type TestServer, useServer } from '#test/support/harness.ts'
import { stopDatabaseTime, watchDatabase } from '#test/support/observations.ts'
import { type Attempts, createAttempts } from './attempts.ts'
import { accountBudget, addressBudget, type Budget } from './budget-policies.ts'

const server = useServer()
// Delays are over when a test says so, not when the machine is slow.
beforeAll(() => stopDatabaseTime(server))

/** Counting as one process of a deployment does it. */
function processOf({ runtime }: TestServer = server): Attempts {
  return createAttempts(runtime.database, runtime.clock, runtime.log, () => {})
}

function freshBudgets(): { account: Budget; address: Budget } {
  const name = newAccount().username
  return { account: accountBudget(`account:${name}`), address: addressBudget(name) }
}

async function rowOf({ key }: Budget, { database }: TestServer = server) {
  const [row] = await database.sql<{ refused: number; retry_at: Date | null }>(
    'SELECT refused, retry_at FROM attempt_budgets WHERE key = $1',
    [key],
  )
  return row
}

const limited = expect.objectContaining({ code: 'rate_limited' })

describe('a try is counted before anybody looks at it', () => {
  test('refused it stays counted under every budget', async () => {
    const { account, address } = freshBudgets()

    const counted = await processOf().count([account, address])
    expect(await rowOf(account)).toMatchObject({ refused: 1 })
    await counted.refused()

    expect(await rowOf(account)).toMatchObject({ refused: 1 })
    expect(await rowOf(address)).toMatchObject({ refused: 1 })
  })

  test('right it clears the account and is taken back from the address', async () => {
    const { account, address } = freshBudgets()
    const attempts = processOf()
    for (let n = 0; n < 3; n++) await (await attempts.count([account, address])).refused()

    await (await attempts.count([account, address])).right()

    expect(await rowOf(account)).toMatchObject({ refused: 0, retry_at: null })
    expect(await rowOf(address)).toMatchObject({ refused: 3 })
  })

  test('given back it is as if it had not been', async () => {
    const { account, address } = freshBudgets()
    const attempts = processOf()
    await (await attempts.count([account, address])).refused()

    await (await attempts.count([account, address])).giveBack()

    expect(await rowOf(account)).toMatchObject({ refused: 1 })
    expect(await rowOf(address)).toMatchObject({ refused: 1 })
  })

  test('a try that one budget refuses is counted under none', async () => {
    const { account, address } = freshBudgets()
    const attempts = processOf()
    for (let n = 0; n < 5; n++) await (await attempts.count([account, address])).refused()

    await expect(attempts.count([account, address])).rejects.toEqual(limited)

    expect(await rowOf(address)).toMatchObject({ refused: 5 })
  })

  test('what is told of the limits is the tightest by address, and nothing of the account', async () => {
    const attempts = processOf()
    const { account, address } = freshBudgets()
    const site = { ...freshBudgets().address, name: 'sign-in-site', free: 200 }
    for (let n = 0; n < 3; n++) await (await attempts.count([account, address, site])).refused()

    const { limit } = await attempts.count([account, address, site])
    expect(limit).toMatchObject({ name: 'sign-in-address', remaining: 16 })
    const other = await attempts.count([freshBudgets().account, address, { ...site, free: 10 }])
    expect(other.limit).toMatchObject({ name: 'sign-in-site', remaining: 5 })
  })

  test('of a budget that stands alone that one is told', async () => {
    const { account } = freshBudgets()
    const attempts = processOf()
    await (await attempts.count([account])).refused()

    const { limit } = await attempts.count([account])

    expect(limit).toMatchObject({ name: 'sign-in-account', remaining: 3 })
  })
})

describe('all processes count together', () => {
  test('of forty parallel tries over two processes five are admitted', async () => {
    const { account } = freshBudgets()
    const processes = [processOf(), processOf()]
    const tries = Array.from({ length: 40 }, async (_, n) => {
      const counted = await processes[n % 2]?.count([account, freshBudgets().address])
      await counted?.refused()
    })

    const outcomes = await Promise.allSettled(tries)

    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(5)
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toEqual(limited)
    }
  })

  test('tries that share budgets crosswise do not wait for each other for ever', async () => {
    const [one, other] = [freshBudgets().address, freshBudgets().address]
    const attempts = [processOf(), processOf()]
    const tries = Array.from({ length: 20 }, async (_, n) => {
      const budgets: [Budget, Budget] = n % 2 ? [one, other] : [other, one]
      await (await attempts[n % 2]?.count(budgets))?.giveBack()
    })

    await Promise.all(tries)

    expect(await rowOf(one)).toMatchObject({ refused: 0 })
  })

  test('a process that dies with a try in its hands leaves it counted, for six seconds at most', async () => {
    const own = await serverForThisTest()
    const { account, address } = freshBudgets()
    const dying = processOf(own)
    for (let n = 0; n < 5; n++) await dying.count([account, address])
    const next = processOf(own)
    await expect(next.count([account, address])).rejects.toEqual(limited)

    await own.time.advance({ seconds: 6 })

    await (await next.count([account, address])).refused()
  })
})

describe('tries in flight hold the places of a budget', () => {
  test('those beyond wait, and come in when one proves right', async () => {
    const { account, address } = freshBudgets()
    const attempts = processOf()
    const inFlight = await Promise.all(Array.from({ length: 5 }, () => attempts.count([account, address])))
    const waiting = attempts.count([account, address])

    await inFlight[0]?.right()

    await (await waiting).right()
    for (const counted of inFlight.slice(1)) await counted.right()
    expect(await rowOf(account)).toMatchObject({ refused: 0 })
  })

  test('so do those whom the count itself refuses, while a try in flight may still clear it', async () => {
    const { account, address } = freshBudgets()
    const attempts = processOf()
    for (let n = 0; n < 4; n++) await (await attempts.count([account, address])).refused()
    const inFlight = await attempts.count([account, address])
    const waiting = attempts.count([account, address])
    await expect(Promise.race([waiting, pingDatabase(server.runtime.database)])).resolves.toBeInstanceOf(Date)

    await inFlight.right()

    await (await waiting).right()
  })

  test('when all of them are refused those who waited are refused without a look', async () => {
    const { account, address } = freshBudgets()
    const attempts = processOf()
    const inFlight = await Promise.all(Array.from({ length: 5 }, () => attempts.count([account, address])))
    const waiting = Array.from({ length: 3 }, () => attempts.count([account, address]))
    const outcomes = Promise.allSettled(waiting)

    for (const counted of inFlight) await counted.refused()

    for (const outcome of await outcomes)
      expect(outcome).toMatchObject({ status: 'rejected', reason: limited })
    expect(await rowOf(account)).toMatchObject({ refused: 5 })
  })

  test('who waits does not ask the database again and again', async () => {
    const own = await serverForThisTest()
    const { account, address } = freshBudgets()
    const attempts = processOf(own)
    const inFlight = await Promise.all(Array.from({ length: 5 }, () => attempts.count([account, address])))
    const watched = watchDatabase(own.runtime)
    const waiting = Promise.allSettled(Array.from({ length: 10 }, () => attempts.count([account, address])))
    await inFlight[0]?.refused()
    // The others take their time: as long as a hundred statements.
    for (let n = 0; n < 100; n++) await pingDatabase(own.runtime.database)
    for (const counted of inFlight.slice(1)) await counted.refused()
    await waiting

    const asked = watched.names.filter((name) => name === 'reserve_attempts')
    expect(asked.length).toBeLessThanOrEqual(10 * 2 + 5)
  })

  test('after two seconds the account says 429, the address 503: it may be an honest office that is busy', async () => {
    const { account } = freshBudgets()
    const { address } = freshBudgets()
    const attempts = processOf()
    const held = await Promise.all([
      ...Array.from({ length: 5 }, () => attempts.count([account, freshBudgets().address])),
      ...Array.from({ length: 20 }, () => attempts.count([freshBudgets().account, address])),
    ])
    const startedMs = performance.now()

    const [ofAccount, ofAddress] = await Promise.allSettled([
      attempts.count([account, freshBudgets().address]),
      attempts.count([freshBudgets().account, address]),
    ])

    expect(performance.now() - startedMs).toBeGreaterThan(1900)
    expect(ofAccount).toMatchObject({ reason: { code: 'rate_limited', options: { retryAfterSeconds: 1 } } })
    expect(ofAddress).toMatchObject({ reason: { code: 'overloaded', options: { retryAfterSeconds: 1 } } })
    for (const counted of held) await counted.giveBack()
  })
})

describe('what no longer counts', () => {
  test('is removed, and what still counts is not', async () => {
    const own = await serverForThisTest()
    const { account, address } = freshBudgets()
    await (await processOf(own).count([account, address])).refused()
    const { purgeAttemptBudgets } = await import('#db/queries/attempt-budgets.ts')
    await own.time.advance({ seconds: 301 })

    await purgeAttemptBudgets(own.runtime.database)

    expect(await rowOf(address, own)).toBeUndefined()
    expect(await rowOf(account, own)).toMatchObject({ refused: 1 })
  })
})

describe('without the database', () => {
  test('a process counts by itself, with the same budgets, and takes back what was right', async () => {
    const own = await serverForThisTest()
    await own.database.sql('ALTER TABLE attempt_budgets RENAME TO attempt_budgets_gone')
    const { account, address } = freshBudgets()
    const attempts = processOf(own)
    for (let n = 0; n < 30; n++) await (await attempts.count([account, address])).right()
    for (let n = 0; n < 5; n++) await (await attempts.count([account, address])).refused()

    await expect(attempts.count([account, address])).rejects.toEqual(limited)
    await (await attempts.count([freshBudgets().account, address])).giveBack()
    await own.time.advance({ seconds: 301 })
    await (await attempts.count([account, address])).refused()
  })

  test('a try that was counted before the database went keeps the answer it earned', async () => {
    const own = await serverForThisTest()
    const { account, address } = freshBudgets()
    const attempts = processOf(own)
    const counted = await attempts.count([account, address])
    await own.database.sql('ALTER TABLE attempt_budgets RENAME TO attempt_budgets_gone')

    await counted.right()

    expect(own.logs.map(({ event }) => event)).toContain('attempts_store_down')
  })
})

describe('a block that is used up by tries in flight elsewhere', () => {
  test('is open again at this process five seconds after they proved right there', async () => {
    const there = await serverForThisTest()
    const here = await serverBeside(there)
    const address = '198.51.100.9'
    const { account } = await here.client().register()
    const client = here.client({ address })
    const inFlight = await Promise.all(
      Array.from({ length: 20 }, () =>
        there.runtime.limits.attempts.count([freshBudgets().account, addressBudget(address)]),
      ),
    )
    expect(await client.login(account)).toBeProblem(429, 'rate_limited')
    for (const counted of inFlight) await counted.right()
    const watched = watchDatabase(here.runtime)
    const known = await client.login(account)
    expect(known).toBeProblem(429, 'rate_limited')
    expect(Number(known.headers.get('retry-after'))).toBeGreaterThan(290)
    expect(watched.names).toEqual([])

    await here.time.advance({ seconds: 5 })

    expect((await client.login(account)).status).toBe(200)
  })
})
