import { expect, inject, onTestFinished, test } from 'vitest'
import { createLog } from '#lib/runtime/log.ts'
import { createTestDatabase } from '#test/support/database.ts'
import { createFeedConnection } from './feed-connection.ts'

const cutFeeds = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE datname = current_database() AND application_name = 'session-management change feed'`

test('a connection that is lost while it is verified is never used, and another one takes its place', async () => {
  const database = await createTestDatabase(inject('databaseServerUrl'))
  const beats: number[] = []
  let verifications = 0
  let opened = 0
  const connection = createFeedConnection({
    url: database.url,
    beatChannel: 'beat_of_a_test',
    log: createLog('error', { write: () => {} }),
    onChange: () => {},
    onBeat: (number) => void beats.push(number),
    async verify() {
      verifications += 1
      if (verifications > 1) return
      await database.sql(cutFeeds)
      // The server says that it cuts, and the loss is noticed before the verification ends.
      await new Promise((resolve) => setTimeout(resolve, 100))
    },
    onOpen() {
      opened += 1
    },
    onLost: () => {},
  })
  onTestFinished(async () => {
    connection.close()
    await database.drop()
  })

  await connection.start()
  expect(connection.isOpen()).toBe(false)
  expect(opened).toBe(0)
  await expect.poll(connection.isOpen).toBe(true)
  expect(verifications).toBe(2)
  await database.sql(`SELECT pg_notify('beat_of_a_test', '1')`)
  await expect.poll(() => beats).toEqual([1])
})
