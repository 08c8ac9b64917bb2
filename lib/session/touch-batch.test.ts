import { describe, expect, test } from 'vitest'
import { signIn } from '#test/support/api-client.ts'
import { serverForThisTest, type TestServer } from '#test/support/harness.ts'
import { stopDatabaseTime, watchDatabase } from '#test/support/observations.ts'

interface Uses {
  last_used_at: Date
  idle_until: Date
}

async function signedIn(own: TestServer, transport: 'bearer' | 'cookie') {
  const client = own.client()
  await signIn(client, transport)
  return { client, id: (await client.me()).body.session.id as string }
}

async function usesOf({ database }: TestServer, id: string): Promise<Uses> {
  const [row] = await database.sql<Uses>('SELECT last_used_at, idle_until FROM sessions WHERE id = $1', [id])
  if (!row) throw new Error(`no session ${id}`)
  return row
}

function secondsBetween(earlier: Date, later: Date): number {
  return (later.getTime() - earlier.getTime()) / 1000
}

describe('the use of sessions', () => {
  test('is written when the batch is flushed: a cookie session lives on, a bearer session waits for its refresh', async () => {
    const own = await serverForThisTest()
    await stopDatabaseTime(own)
    for (const transport of ['cookie', 'bearer'] as const) {
      const { client, id } = await signedIn(own, transport)
      await own.runtime.touches.flush()
      const before = await usesOf(own, id)
      await own.time.advance({ seconds: 100 })
      await client.me()
      expect(await usesOf(own, id)).toEqual(before)

      await own.runtime.touches.flush()

      const after = await usesOf(own, id)
      expect(secondsBetween(before.last_used_at, after.last_used_at)).toBe(100)
      expect(secondsBetween(before.idle_until, after.idle_until)).toBe(transport === 'cookie' ? 100 : 0)
    }
  })

  test('is not noted for requests that say X-Passive', async () => {
    const own = await serverForThisTest()
    const { client } = await signedIn(own, 'cookie')
    await own.runtime.touches.flush()
    await client.send('/api/auth/me', { headers: { 'x-passive': '1' } })
    const watched = watchDatabase(own.runtime)

    await own.runtime.touches.flush()

    expect(watched.names).toEqual([])
  })

  test('is written in one statement, five hundred sessions at a time', async () => {
    const own = await serverForThisTest()
    const watched = watchDatabase(own.runtime)
    for (let n = 0; n < 1200; n++) {
      own.runtime.touches.note(`01890000-0000-7000-8000-${String(n).padStart(12, '0')}`)
    }

    await own.runtime.touches.flush()

    expect(watched.names).toEqual(['touch_sessions', 'touch_sessions', 'touch_sessions'])
  })

  test('never revives a session that is over', async () => {
    const own = await serverForThisTest()
    const endings = [
      "ended_at = app_now(), ended_reason = 'signed_out'",
      'expires_at = app_now()',
      "idle_until = app_now() - interval '61 s'",
      'session_epoch = session_epoch - 1',
    ]
    for (const ending of endings) {
      const { client, id } = await signedIn(own, 'cookie')
      await own.database.sql(`UPDATE sessions SET ${ending} WHERE id = $1`, [id])
      const before = await usesOf(own, id)
      own.runtime.touches.note(id)

      await own.runtime.touches.flush()

      expect(await usesOf(own, id), ending).toEqual(before)
      expect(await client.me(), ending).toBeProblem(401, 'session_ended')
    }
  })

  test('never moves a session back, and never past its absolute end', async () => {
    const own = await serverForThisTest({ REFRESH_TOKEN_EXPIRE_DAYS: '2', SESSION_ABSOLUTE_DAYS: '3' })
    const { id } = await signedIn(own, 'cookie')
    await own.database.sql("UPDATE sessions SET last_used_at = last_used_at + interval '1 h' WHERE id = $1", [
      id,
    ])
    const before = await usesOf(own, id)
    own.runtime.touches.note(id)
    await own.runtime.touches.flush()
    expect((await usesOf(own, id)).last_used_at).toEqual(before.last_used_at)

    await own.time.advance({ seconds: 1.5 * 86_400 })
    own.runtime.touches.note(id)
    await own.runtime.touches.flush()
    const [row] = await own.database.sql<{ capped: boolean }>(
      'SELECT idle_until = expires_at AS capped FROM sessions WHERE id = $1',
      [id],
    )
    expect(row?.capped).toBe(true)
  })

  test('that the database did not take is kept for the next time', async () => {
    const own = await serverForThisTest()
    await stopDatabaseTime(own)
    const { client, id } = await signedIn(own, 'cookie')
    await own.runtime.touches.flush()
    const before = await usesOf(own, id)
    await own.time.advance({ seconds: 100 })
    await client.me()
    await own.database.sql('ALTER TABLE sessions RENAME TO sessions_gone')
    await expect(own.runtime.touches.flush()).rejects.toThrow()
    await own.database.sql('ALTER TABLE sessions_gone RENAME TO sessions')

    await own.runtime.touches.flush()

    const after = await usesOf(own, id)
    expect(secondsBetween(before.idle_until, after.idle_until)).toBe(100)
  })

  test('is written when the process leaves', async () => {
    const own = await serverForThisTest()
    const other = await serverForThisTest({ DATABASE_URL: own.database.url })
    const { client, id } = await signedIn(own, 'cookie')
    const before = await usesOf(own, id)
    const elsewhere = Object.assign(other.client(), { cookies: client.cookies })
    await elsewhere.me()

    const { close } = other.runtime
    other.runtime.close = async () => {}
    await close()

    expect((await usesOf(own, id)).last_used_at.getTime()).toBeGreaterThan(before.last_used_at.getTime())
  })
})
