import { describe, expect, test } from 'vitest'
import { serverForThisTest, type TestServer, useServer } from '#test/support/harness.ts'
import { watchDatabase } from '#test/support/observations.ts'
import { createWindows, type Windows } from './windows.ts'

const server = useServer()
const limited = expect.objectContaining({ code: 'rate_limited' })

/** Counting as one process of a deployment does it. */
function processOf({ runtime }: TestServer = server): Windows {
  return createWindows(runtime.database, null, () => {})
}

async function useUp(windows: Windows, block: string) {
  for (let n = 0; n < 10; n++) await windows.use('registration', block)
}

describe('a fixed window', () => {
  test('counts down and then refuses with what is left of the hour', async () => {
    const windows = processOf()
    for (let remaining = 9; remaining >= 0; remaining--) {
      expect(await windows.use('registration', '192.0.2.1')).toMatchObject({
        name: 'registration',
        remaining,
      })
    }

    await expect(windows.use('registration', '192.0.2.1')).rejects.toMatchObject({
      code: 'rate_limited',
      options: {
        retryAfterSeconds: expect.toSatisfy((seconds: number) => seconds > 3590 && seconds <= 3600),
        rateLimit: { policies: [{ name: 'registration', quota: 10, windowSeconds: 3600 }], remaining: 0 },
      },
    })
  })

  test('is of one block only', async () => {
    const windows = processOf()
    await useUp(windows, '192.0.2.2')

    expect(await windows.use('registration', '192.0.2.3')).toMatchObject({ remaining: 9 })
  })

  test('is shared by all processes: of thirty parallel uses over two of them ten are let through', async () => {
    const processes = [processOf(), processOf()]

    const uses = Array.from({ length: 30 }, (_, n) => processes[n % 2]?.use('registration', '192.0.2.4'))
    const outcomes = await Promise.allSettled(uses)

    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(10)
  })

  test('once used up costs no further query', async () => {
    const own = await serverForThisTest()
    const windows = processOf(own)
    await useUp(windows, '192.0.2.5')
    const watched = watchDatabase(own.runtime)

    for (let n = 0; n < 5; n++)
      await expect(windows.use('registration', '192.0.2.5')).rejects.toEqual(limited)

    expect(watched.names).toEqual([])
  })

  test('begins again when the hour is over', async () => {
    await useUp(processOf(), '192.0.2.6')
    await server.database.sql("UPDATE limiter SET expire = expire - 3600001 WHERE key LIKE '%192.0.2.6'")

    expect(await processOf().use('registration', '192.0.2.6')).toMatchObject({ remaining: 9 })
  })
})

describe('without its store', () => {
  test('a process counts by itself', async () => {
    const own = await serverForThisTest()
    await own.database.sql('ALTER TABLE limiter RENAME TO limiter_gone')
    const windows = processOf(own)
    await useUp(windows, '192.0.2.7')

    await expect(windows.use('registration', '192.0.2.7')).rejects.toEqual(limited)
    expect(await windows.use('registration', '192.0.2.8')).toMatchObject({ remaining: 9 })
  })

  test('so it does with a Redis that does not answer', async () => {
    const own = await serverForThisTest({ REDIS_URL: 'redis://127.0.0.1:1' })
    const { windows } = own.runtime.limits
    await useUp(windows, '192.0.2.9')

    await expect(windows.use('registration', '192.0.2.9')).rejects.toEqual(limited)
    expect(await own.database.sql('SELECT key FROM limiter')).toEqual([])
  })
})
