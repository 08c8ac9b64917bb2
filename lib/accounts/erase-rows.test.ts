import { describe, expect, test } from 'vitest'
import { signIn } from '#test/support/api-client.ts'
import { serverForThisTest, type TestServer } from '#test/support/harness.ts'
import { capturedMail } from '#test/support/mailbox.ts'
import { cleanAccounts } from './clean-accounts.ts'
import { createAdministrator } from './create-administrator.ts'
import { eraseAccount } from './delete-account.ts'
import { enableAccount } from './disable-account.ts'
import { findAccount } from './find-account.ts'

const day = 86_400

async function accountOn(server: TestServer): Promise<number> {
  const client = server.client()
  await signIn(client)
  return (await client.me()).body.id
}

/** An account that its owner deleted so long ago that it is to be removed. */
async function dueAccountOn(server: TestServer): Promise<number> {
  const id = await accountOn(server)
  await server.database.sql(
    'UPDATE users SET deleted_at = app_now(), erase_at = app_now(), session_epoch = 1 WHERE id = $1',
    [id],
  )
  return id
}

const idsOn = async ({ database }: TestServer) =>
  (await database.sql<{ id: string }>('SELECT id FROM users ORDER BY id')).map(({ id }) => Number(id))

/** From here on whoever removes this row gets an error. */
async function holdOnTo({ database }: TestServer, table: string, condition: string): Promise<void> {
  await database.sql(`
    CREATE FUNCTION refuse_${table}() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'this row of ${table} stays'; END $$;
    CREATE TRIGGER refuse_${table} BEFORE DELETE ON ${table} FOR EACH ROW WHEN (${condition})
      EXECUTE FUNCTION refuse_${table}()`)
}

/** From here on a statement that removes more than a thousand rows of a table fails, also one that cascades. */
async function refuseLargeDeletions({ database }: TestServer, tables: readonly string[]): Promise<void> {
  await database.sql(`
    CREATE FUNCTION refuse_large() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF (SELECT count(*) FROM removed) > 1000 THEN RAISE EXCEPTION 'too many of %', TG_TABLE_NAME; END IF;
      RETURN NULL;
    END $$`)
  for (const table of tables)
    await database.sql(`CREATE TRIGGER refuse_large AFTER DELETE ON ${table}
      REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION refuse_large()`)
}

const largeTables = ['sessions', 'audit_events', 'mail_messages', 'one_time_links', 'session_epochs']

/** Gives an account 2,500 rows of each kind that piles up. */
async function pileUp({ database }: TestServer, userId: number): Promise<void> {
  const many = 'generate_series(1, 2500) n'
  for (const statement of [
    `INSERT INTO audit_events (name, actor, user_id) SELECT 'signed_in', 'user', $1 FROM ${many}`,
    `INSERT INTO sessions (id, user_id, kind, session_epoch, amr, idle_seconds, idle_until, expires_at)
     SELECT gen_random_uuid(), $1, 'bearer', 0, '{pwd}', 60, app_now(), app_now() FROM ${many}`,
    `INSERT INTO mail_messages (id, template, user_id, recipient, parameters, state)
     SELECT gen_random_uuid(), 'welcome', $1, 'x@example.com', '{}', 'sent' FROM ${many}`,
    `INSERT INTO one_time_links (id, purpose, user_id, email)
     SELECT gen_random_uuid(), 'reset_password', $1, 'x@example.com' FROM ${many}`,
    `INSERT INTO session_epochs (user_id, epoch, reason) SELECT $1, n + 10, 'revoked_by_user' FROM ${many}`,
  ])
    await database.sql(statement, [userId])
}

async function rowsOf({ database }: TestServer, userId: number): Promise<Record<string, number>> {
  const counts = await Promise.all(
    largeTables.map((table) => database.sql(`SELECT 1 FROM ${table} WHERE user_id = $1`, [userId])),
  )
  return Object.fromEntries(largeTables.map((table, index) => [table, counts[index]?.length ?? 0]))
}

const nothing = Object.fromEntries(largeTables.map((table) => [table, 0]))

describe('what is over', () => {
  test('goes for everybody else when one account cannot be removed, and that is logged', async () => {
    const own = await serverForThisTest()
    const [stuck, other] = [await dueAccountOn(own), await dueAccountOn(own)]
    await holdOnTo(own, 'users', `OLD.id = ${stuck}`)
    await own.database.sql(
      `INSERT INTO pending_registrations (id, email, username, password_hash, expires_at)
       VALUES (gen_random_uuid(), 'x@example.com', 'x', 'x', app_now() - interval '1 hour')`,
    )

    await cleanAccounts(own.runtime)

    expect(await idsOn(own)).toEqual([stuck])
    expect(await own.database.sql('SELECT 1 FROM pending_registrations')).toEqual([])
    expect(own.logs).toContainEqual(
      expect.objectContaining({ level: 'warn', event: 'account_not_erased', user_id: stuck }),
    )
    await own.database.sql('DROP TRIGGER refuse_users ON users')
    await cleanAccounts(own.runtime)
    expect(await idsOn(own)).toEqual([])
    expect(own.logs.filter(({ event }) => event === 'account_erased').map((line) => line['user_id'])).toEqual(
      [other, stuck],
    )
  })

  test('goes where it can when a registration cannot be removed', async () => {
    const own = await serverForThisTest({ AUDIT_HISTORY_DAYS: '30' })
    await signIn(own.client())
    await own.database.sql(
      `INSERT INTO pending_registrations (id, email, username, password_hash, expires_at)
       VALUES (gen_random_uuid(), 'x@example.com', 'x', 'x', app_now() - interval '1 hour')`,
    )
    await holdOnTo(own, 'pending_registrations', 'true')
    await own.time.advance({ seconds: 31 * day })

    await cleanAccounts(own.runtime)

    expect(await own.database.sql('SELECT 1 FROM audit_events')).toEqual([])
    expect(own.logs).toContainEqual(
      expect.objectContaining({ event: 'periodic_task_failed', task: 'pending_registrations' }),
    )
  })
})

describe('an account of which much has piled up', () => {
  test('is removed a thousand rows at a time when its grace is over', async () => {
    const own = await serverForThisTest(capturedMail)
    const id = await dueAccountOn(own)
    await pileUp(own, id)
    await refuseLargeDeletions(own, largeTables)

    await cleanAccounts(own.runtime)

    expect(await idsOn(own)).toEqual([])
    expect(await rowsOf(own, id)).toEqual(nothing)
  })

  test('is removed so by an operator too, signed in as it is', async () => {
    const own = await serverForThisTest(capturedMail)
    const client = own.client()
    const { email } = await signIn(client)
    const { id } = (await client.me()).body
    await pileUp(own, id)
    await refuseLargeDeletions(own, largeTables)

    await eraseAccount(own.runtime, await findAccount(own.runtime, email))

    expect(await idsOn(own)).toEqual([])
    expect(await rowsOf(own, id)).toEqual(nothing)
    expect(await client.me()).toBeProblem(401, 'session_ended')
    const erased = await own.database.sql(
      "SELECT actor, details FROM audit_events WHERE name = 'account_erased'",
    )
    expect(erased).toEqual([{ actor: 'operator', details: { user_id: id } }])
  })

  test('loses nothing when it is that of the last administrator', async () => {
    const own = await serverForThisTest()
    const account = { email: 'only@example.com', username: 'only.one', password: 'a long enough ferry' }
    await createAdministrator(own.runtime, account)
    const client = own.client()
    await client.login(account)
    const found = await findAccount(own.runtime, account.email)
    await pileUp(own, found.id)
    const before = await rowsOf(own, found.id)

    await expect(eraseAccount(own.runtime, found)).rejects.toMatchObject({ code: 'last_administrator' })

    expect(await rowsOf(own, found.id)).toEqual(before)
    expect((await client.me()).status).toBe(200)
  })

  test('that an operator cannot remove is nobody’s any more, and goes as soon as it can', async () => {
    const own = await serverForThisTest()
    const client = own.client()
    const account = await signIn(client)
    const found = await findAccount(own.runtime, account.email)
    await holdOnTo(own, 'users', `OLD.id = ${found.id}`)

    await expect(eraseAccount(own.runtime, found)).rejects.toThrow('stays')

    expect((await client.me()).status).toBe(401)
    expect(await own.client().login(account)).toBeProblem(401, 'invalid_credentials')
    await own.database.sql('DROP TRIGGER refuse_users ON users')
    await cleanAccounts(own.runtime)
    expect(await idsOn(own)).toEqual([])
  })

  test('is left alone from the moment an operator takes the deletion back', async () => {
    const own = await serverForThisTest()
    const client = own.client()
    const account = await signIn(client)
    const found = await findAccount(own.runtime, account.email)
    await own.database.sql(
      'UPDATE users SET deleted_at = app_now(), erase_at = app_now(), session_epoch = 1 WHERE id = $1',
      [found.id],
    )
    const { database } = own.runtime
    const run: typeof database.run = async (query) => {
      const rows = await database.run(query)
      if (query.name === 'list_accounts_to_erase') await enableAccount(own.runtime, found)
      return rows
    }
    const before = await rowsOf(own, found.id)

    await cleanAccounts({ ...own.runtime, database: { ...database, run } })

    const after = await rowsOf(own, found.id)
    expect(after).toEqual({ ...before, audit_events: Number(before['audit_events']) + 1 })
    expect((await own.client().login(account)).status).toBe(200)
  })
})
