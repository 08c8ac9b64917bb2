import { expect, inject, onTestFinished, test, vi } from 'vitest'
import { openDatabase } from '#db/connection.ts'
import { createLog } from '#lib/runtime/log.ts'
import { createTestDatabase, type TestDatabase } from '#test/support/database.ts'
import { createChangeFeed } from './change-feed.ts'

test('a server that takes no writes proves nothing, and no session is read from it', async () => {
  const database = await createTestDatabase(inject('databaseServerUrl'))
  await database.sql(
    `ALTER DATABASE ${new URL(database.url).pathname.slice(1)} SET default_transaction_read_only = on`,
  )
  const { feed } = await feedWithoutTimer(database)

  expect(feed.isProven()).toBe(false)
  await expect(database.sql('SELECT require_primary()')).rejects.toMatchObject({ code: '25006' })
})

/** A feed whose timer stands still: every beat but the first is one that somebody asked for. */
async function feedWithoutTimer(given?: TestDatabase) {
  const database = given ?? (await createTestDatabase(inject('databaseServerUrl')))
  const pool = openDatabase({ url: database.url, poolSize: 2, onIdleError: () => {} })
  const sent: string[] = []
  const watched: typeof pool = {
    ...pool,
    run(query) {
      sent.push(query.name)
      return pool.run(query)
    },
  }
  let stalledMs = 0
  const feed = createChangeFeed({
    url: database.url,
    database: watched,
    clock: {
      now: () => new Date(Date.now() + stalledMs),
      monotonicMs: () => performance.now() + stalledMs,
    },
    log: createLog('error', { write: () => {} }),
    processId: 'a_test',
    needsBeats: true,
  })
  const timer = vi.spyOn(globalThis, 'setInterval').mockReturnValue(setTimeout(() => {}, 0))
  await feed.start()
  timer.mockRestore()
  onTestFinished(async () => {
    feed.close()
    await pool.close()
    await database.drop()
  })
  return {
    feed,
    beats: () => sent.filter((name) => name === 'beat').length,
    stall(ms: number) {
      stalledMs += ms
    },
  }
}

test('after a stall whoever finds nothing proven asks for proof at once, and does not wait for the timer', async () => {
  const { feed, beats, stall } = await feedWithoutTimer()
  await expect.poll(feed.isProven, { interval: 5 }).toBe(true)
  const before = beats()

  stall(2500)

  expect(feed.isProven()).toBe(false)
  await expect.poll(feed.isProven, { interval: 5 }).toBe(true)
  expect(beats()).toBeGreaterThan(before)
})

test('a thousand who ask in the same moment cause one beat', async () => {
  const { feed, beats, stall } = await feedWithoutTimer()
  await expect.poll(feed.isProven, { interval: 5 }).toBe(true)
  const before = beats()
  stall(2500)

  for (let check = 0; check < 1000; check += 1) expect(feed.isProven()).toBe(false)

  expect(beats() - before).toBe(1)
})
