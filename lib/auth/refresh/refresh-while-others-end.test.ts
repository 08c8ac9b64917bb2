import { expect, test } from 'vitest'
import { advanceSessionEpoch } from '#db/queries/session-endings.ts'
import { signIn } from '#test/support/api-client.ts'
import { serverForThisTest, type TestServer } from '#test/support/harness.ts'

async function waitingForLock({ database }: TestServer): Promise<number | undefined> {
  const [row] = await database.sql<{ count: number }>(
    `SELECT count(*)::int AS count FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  )
  return row?.count
}

test.each(['bearer', 'cookie'] as const)(
  'a %s session that stays while all others are being ended is refreshed at the same moment, and stays',
  async (kind) => {
    const own = await serverForThisTest()
    const client = own.client()
    const account = await signIn(client, kind)
    const other = own.client()
    await other.login(account)
    const { body } = await client.me()
    let refreshing: ReturnType<typeof client.refresh> | undefined

    await own.runtime.database.transaction(async (transaction) => {
      const advanced = await advanceSessionEpoch(transaction, {
        userId: body.id,
        fromEpoch: 0,
        reason: 'revoked_by_user',
        keptSessionId: body.session.id,
        roleLimits: [],
        event: null,
      })
      expect(advanced).toEqual({ epoch: 1, ended: 1 })
      refreshing = client.refresh()
      await expect.poll(() => waitingForLock(own), { timeout: 5000 }).toBe(1)
    })

    expect((await refreshing)?.status).toBe(200)
    expect((await client.me()).status).toBe(200)
    expect((await other.me()).body.ended_reason).toBe('revoked_by_user')
  },
)
