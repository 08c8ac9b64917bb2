import { describe, expect, test } from 'vitest'
import { type ApiClient, signIn } from '#test/support/api-client.ts'
import { useServer } from '#test/support/harness.ts'
import { endedReasons, toEndedReason } from './ended-reason.ts'

const server = useServer()

async function signedIn(kind: 'bearer' | 'cookie') {
  const client = server.client()
  await signIn(client, kind)
  return { client, me: (await client.me()).body }
}

/** What me and refresh say, one after the other. */
async function reasonsTold(client: ApiClient): Promise<string[]> {
  const answers = [await client.me(), await client.refresh()]
  for (const answer of answers) expect(answer).toBeProblem(401, 'session_ended')
  return answers.map(({ body }) => body.ended_reason)
}

describe.each(['bearer', 'cookie'] as const)('the 401 of a %s session', (kind) => {
  test.each(endedReasons)('tells that it ended because of %s', async (reason) => {
    const { client, me } = await signedIn(kind)
    await server.database.sql('UPDATE sessions SET ended_at = app_now(), ended_reason = $2 WHERE id = $1', [
      me.session.id,
      reason,
    ])

    expect(await reasonsTold(client)).toEqual([reason, reason])
  })

  test.each(endedReasons)('tells it when everything of the user was ended because of %s', async (reason) => {
    const { client, me } = await signedIn(kind)
    await server.database.sql(
      `WITH moved AS (UPDATE users SET session_epoch = session_epoch + 1 WHERE id = $1 RETURNING session_epoch)
       INSERT INTO session_epochs (user_id, epoch, reason) SELECT $1, session_epoch, $2 FROM moved`,
      [me.id, reason],
    )

    expect(await reasonsTold(client)).toEqual([reason, reason])
  })

  test.each([
    ['disabled_at', 'user_disabled'],
    ['deleted_at', 'user_deleted'],
  ])('tells that the account has a %s: %s', async (column, reason) => {
    const { client, me } = await signedIn(kind)
    await server.database.sql(`UPDATE users SET ${column} = app_now() WHERE id = $1`, [me.id])

    expect(await reasonsTold(client)).toEqual([reason, reason])
  })

  test('is unknown when the row, or its user, is not there any more', async () => {
    for (const table of ['sessions', 'users']) {
      const { client, me } = await signedIn(kind)
      const id = table === 'users' ? me.id : me.session.id
      await server.database.sql(`DELETE FROM ${table} WHERE id = $1`, [id])

      expect(await reasonsTold(client), table).toEqual(['unknown', 'unknown'])
    }
  })
})

test('only the first of two epochs after a session is told: that one ended it', async () => {
  const { client, me } = await signedIn('bearer')
  for (const reason of ['revoked_by_user', 'password_changed']) {
    await server.database.sql(
      `WITH moved AS (UPDATE users SET session_epoch = session_epoch + 1 WHERE id = $1 RETURNING session_epoch)
       INSERT INTO session_epochs (user_id, epoch, reason) SELECT $1, session_epoch, $2 FROM moved`,
      [me.id, reason],
    )
  }

  expect(await reasonsTold(client)).toEqual(['revoked_by_user', 'revoked_by_user'])
})

test('a word of nobody is unknown', () => {
  expect([toEndedReason(null), toEndedReason(''), toEndedReason('because')]).toEqual(Array(3).fill('unknown'))
})
