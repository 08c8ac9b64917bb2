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

describe('the blocks of one IPv6 /48', () => {
  const blocksOf = (site: string, count: number) =>
    Array.from({ length: count }, (_, n) => `${site}:${n.toString(16)}::/64`)

  test.each([
    ['PostgreSQL', {}],
    ['a Redis that does not answer', { REDIS_URL: 'redis://127.0.0.1:1' }],
  ])('have ten times the quota of one together, counted in %s', async (_, variables) => {
    const own = await serverForThisTest(variables)
    const { windows, requireOpen } = own.runtime.limits
    const [eleventh = '', ...ten] = blocksOf('2001:db8:1', 11)
    for (const block of ten) await useUp(windows, block)

    await expect(windows.use('registration', eleventh)).rejects.toMatchObject({
      code: 'rate_limited',
      options: {
        retryAfterSeconds: expect.toSatisfy((seconds: number) => seconds > 3500 && seconds <= 3600),
        rateLimit: {
          name: 'registration-site',
          remaining: 0,
          policies: [
            { name: 'registration', quota: 10, windowSeconds: 3600 },
            { name: 'registration-site', quota: 100, windowSeconds: 3600 },
          ],
        },
      },
    })

    expect(() => requireOpen('registration', '2001:db8:1:ffff::/64')).toThrow(limited)
    expect(await windows.use('registration', '2001:db8:2:0::/64')).toMatchObject({
      name: 'registration',
      remaining: 9,
    })
    expect(await windows.use('setup', eleventh)).toMatchObject({ remaining: 9 })
  })

  test('are told the tighter of the two limits, and one that is used up takes nothing from the others', async () => {
    const windows = processOf()
    const [flooding = '', ...others] = blocksOf('2001:db8:3', 10)
    await useUp(windows, flooding)
    for (let n = 0; n < 20; n++) await expect(windows.use('registration', flooding)).rejects.toEqual(limited)
    for (const block of others.slice(1)) await useUp(windows, block)

    expect(await windows.use('registration', others[0] ?? '')).toMatchObject({
      name: 'registration',
      remaining: 9,
    })
    for (let n = 0; n < 8; n++) await windows.use('registration', others[0] ?? '')
    expect(await windows.use('registration', '2001:db8:3:ffff::/64')).toMatchObject({
      name: 'registration-site',
      remaining: 0,
    })
  })

  test('have no limit together where what is counted is no block', async () => {
    const own = await serverForThisTest()
    await own.runtime.limits.windows.use('export', 'user:1')

    expect(await own.database.sql('SELECT key FROM limiter')).toEqual([{ key: 'export:user:1' }])
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
