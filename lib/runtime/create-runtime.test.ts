import { expect, onTestFinished, test, vi } from 'vitest'
import { signIn } from '#test/support/api-client.ts'
import { serverForThisTest } from '#test/support/harness.ts'

test('a process looks after its sessions by itself: uses, ends, keys and triggers', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  onTestFinished(() => void vi.useRealTimers())
  const own = await serverForThisTest()
  const client = own.client()
  await signIn(client, 'cookie')
  const { id } = (await client.me()).body.session
  const ended = '01900000-0000-7000-8000-000000000001'
  await own.database.sql('UPDATE sessions SET last_used_at = created_at - $2::interval WHERE id = $1', [
    id,
    '1 hour',
  ])
  await own.database.sql(
    `INSERT INTO sessions (id, user_id, kind, session_epoch, amr, idle_seconds, idle_until, expires_at)
     SELECT $1, user_id, 'bearer', 0, '{pwd}', 600, app_now() - '1 day'::interval, app_now() - '1 day'::interval FROM sessions`,
    [ended],
  )
  await client.me()
  await own.database.sql('ALTER TABLE sessions DISABLE TRIGGER announce_delete')
  await own.database.sql(`UPDATE signing_keys SET retires_at = app_now() - '1 day'::interval`)

  vi.advanceTimersByTime(3_600_000)

  const read = async () => {
    const [used] = await own.database.sql(
      'SELECT last_used_at > created_at - $2::interval AS used FROM sessions WHERE id = $1',
      [id, '1 minute'],
    )
    const [over] = await own.database.sql('SELECT ended_reason FROM sessions WHERE id = $1', [ended])
    const [keys] = await own.database.sql(
      'SELECT count(*)::int AS keys_over FROM signing_keys WHERE retires_at < app_now()',
    )
    return { ...used, ...over, ...keys, isProven: own.runtime.changeFeed?.isProven() }
  }
  await expect.poll(read).toEqual({ used: true, ended_reason: 'expired', keys_over: 0, isProven: false })
})
