import { randomUUID } from 'node:crypto'
import { describe, expect, test, vi } from 'vitest'
import { contracts } from '#lib/contracts.ts'
import { deriveRootKeys } from '#lib/crypto/root-keys.ts'
import { Secret } from '#lib/crypto/secret.ts'
import { Problem } from '#lib/problems.ts'
import { newAccount } from '#test/support/api-client.ts'
import { serverForThisTest, type TestServer, useServer } from '#test/support/harness.ts'
import { watchDatabase } from '#test/support/observations.ts'
import { type Keep, type RepeatableRequest, runOnce } from './run-once.ts'

const server = useServer()
const path = '/api/auth/register'

const sendWith = (
  client: ReturnType<TestServer['client']>,
  key: string,
  json: object,
): ReturnType<typeof client.send> => client.send(path, { json, headers: { 'idempotency-key': key } })

async function accountsOf({ email }: { email: string }, { database }: TestServer = server): Promise<number> {
  return (await database.sql('SELECT 1 FROM users WHERE email = $1', [email])).length
}

const newRequest = () => ({ operation: 'test', actor: 'user 1', key: randomUUID(), request: 'x' })

/** An operation that does nothing but keep its answer. */
function answering(answer: string, { runtime }: TestServer = server) {
  return async (keep: Keep) => {
    await runtime.database.transaction((transaction) => keep(transaction, answer))
    return answer
  }
}

/** A server before and after AUTH_SECRET was changed. */
function changedRoots({ runtime }: TestServer = server) {
  const old = new Secret('an old root secret that is long enough')
  const fresh = new Secret('a new root secret that is long enough')
  return {
    before: { ...runtime, roots: deriveRootKeys([old]) },
    after: { ...runtime, roots: deriveRootKeys([fresh, old]) },
    request: newRequest(),
  }
}

async function untilClaimed({ database }: TestServer): Promise<void> {
  await vi.waitFor(async () => {
    expect(await database.sql('SELECT 1 FROM idempotency_keys')).toHaveLength(1)
  })
}

async function claimAndDie(own: TestServer, request: RepeatableRequest): Promise<void> {
  void runOnce(own.runtime, request, () => new Promise(() => {}))
  await untilClaimed(own)
}

/** Until a statement on this server's database waits for the lock of another. */
async function untilSomeoneWaits({ database }: TestServer): Promise<void> {
  await vi.waitFor(async () => {
    const waiting = await database.sql(
      "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    )
    expect(waiting.length).toBeGreaterThan(0)
  })
}

describe('a request with an idempotency key is done once', () => {
  test('the repetition gets the same answer again and says so', async () => {
    const client = server.client()
    const account = newAccount()
    const key = randomUUID()

    const first = await sendWith(client, key, account)
    const again = await sendWith(client, key, account)

    expect(first.status).toBe(200)
    expect(first.headers.get('idempotency-replayed')).toBe(null)
    expect(again).toMatchObject({ status: 200, text: first.text })
    expect(again.headers.get('idempotency-replayed')).toBe('true')
    expect(again.headers.get('x-request-id')).not.toBe(first.headers.get('x-request-id'))
    expect(await accountsOf(account)).toBe(1)
  })

  test('without the header the repetition is refused as ever, and nothing is kept', async () => {
    const own = await serverForThisTest()
    const client = own.client()
    const account = newAccount()
    await client.register(account)

    expect(await client.register(account)).toBeProblem(400, 'email_taken')
    expect(await own.database.sql('SELECT 1 FROM idempotency_keys')).toEqual([])
  })

  test('of twenty at once one runs; the others are told to come back, and then get its answer', async () => {
    const client = server.client()
    const account = newAccount()
    const key = randomUUID()

    const answers = await Promise.all(Array.from({ length: 20 }, () => sendWith(client, key, account)))

    const done = answers.filter(({ status }) => status === 200)
    const fresh = done.filter(({ headers }) => !headers.has('idempotency-replayed'))
    const waiting = answers.filter(({ status }) => status === 409)
    expect(fresh).toHaveLength(1)
    expect(done.length + waiting.length).toBe(20)
    expect(waiting.length).toBeGreaterThan(0)
    for (const answer of waiting) {
      expect(answer).toBeProblem(409, 'idempotency_in_progress')
      expect(answer.headers.get('retry-after')).toBe('1')
    }
    expect(await sendWith(client, key, account)).toMatchObject({ status: 200, text: fresh[0]?.text })
    expect(await accountsOf(account)).toBe(1)
  })

  test('the same key with another request is refused, and does nothing', async () => {
    const client = server.client()
    const key = randomUUID()
    const account = newAccount()
    await sendWith(client, key, account)
    const other = newAccount()

    expect(await sendWith(client, key, other)).toBeProblem(422, 'idempotency_key_reused')
    expect(await sendWith(client, key, { ...account, password: `${account.password}.` })).toBeProblem(
      422,
      'idempotency_key_reused',
    )
    expect(await accountsOf(other)).toBe(0)
  })

  test('what the operation ignores does not make another request of it, and neither does the order of the fields', async () => {
    const client = server.client()
    const key = randomUUID()
    const { email, username, password } = newAccount()
    const first = await sendWith(client, key, { email, username, password })

    const again = await sendWith(client, key, { confirm: 'x', password, username, email })

    expect(again).toMatchObject({ status: 200, text: first.text })
  })

  test('a client that comes back from another address gets its answer', async () => {
    const key = randomUUID()
    const account = newAccount()
    const first = await sendWith(server.client(), key, account)

    const elsewhere = await sendWith(server.client(), key, account)

    expect(elsewhere).toMatchObject({ status: 200, text: first.text })
    expect(await sendWith(server.client(), key, newAccount())).toBeProblem(422, 'idempotency_key_reused')
  })

  test('a refusal frees the key: the repetition is judged anew', async () => {
    const client = server.client()
    const key = randomUUID()
    const taken = newAccount()
    await server.client().register(taken)
    const account = newAccount()

    expect(await sendWith(client, key, { ...account, email: taken.email })).toBeProblem(400, 'email_taken')
    expect((await sendWith(client, key, account)).status).toBe(200)
  })

  test('quotes around the key, as the draft writes it, make no difference', async () => {
    const client = server.client()
    const key = randomUUID()
    const account = newAccount()
    await sendWith(client, `"${key}"`, account)

    expect((await sendWith(client, key, account)).headers.get('idempotency-replayed')).toBe('true')
  })

  test.each(['', 'short', `${randomUUID()} and more`, 'x'.repeat(129), `${randomUUID()}, ${randomUUID()}`])(
    'a key of the wrong form is refused: "%s"',
    async (key) => {
      const account = newAccount()
      const answer = await sendWith(server.client(), key, account)

      expect(answer).toBeProblem(422, 'invalid_request')
      expect(answer.body.errors).toMatchObject([{ field: 'Idempotency-Key', code: 'invalid_format' }])
      expect(await accountsOf(account)).toBe(0)
    },
  )
})

describe('what is kept', () => {
  test('is worth nothing to a reader of the database: no key, no password, no address, no answer', async () => {
    const own = await serverForThisTest()
    const account = newAccount()
    const key = randomUUID()
    await sendWith(own.client(), key, account)

    const rows = await own.database.sql(
      "SELECT k::text AS row, convert_from(decode(encode(answer_sealed, 'hex'), 'escape'), 'LATIN1') AS sealed FROM idempotency_keys k",
    )

    expect(rows).toHaveLength(1)
    const text = JSON.stringify(rows) + JSON.stringify(own.logs)
    for (const secret of [key, account.password, account.username, 'registered successfully']) {
      expect(text).not.toContain(secret)
    }
  })

  test('lasts for 24 hours, and is then removed', async () => {
    const own = await serverForThisTest({ TRUST_PROXY: '0' })
    const { purgeIdempotencyKeys } = await import('#db/queries/idempotency-keys.ts')
    const client = own.client()
    const account = newAccount()
    const key = randomUUID()
    await sendWith(client, key, account)

    await own.time.advance({ seconds: 86_400 - 60 })
    await purgeIdempotencyKeys(own.runtime.database)
    expect((await sendWith(client, key, account)).headers.get('idempotency-replayed')).toBe('true')

    await own.time.advance({ seconds: 61 })
    expect(await sendWith(client, key, account)).toBeProblem(400, 'email_taken')
    await sendWith(client, randomUUID(), newAccount())
    await own.time.advance({ seconds: 86_401 })
    await purgeIdempotencyKeys(own.runtime.database)
    expect(await own.database.sql('SELECT 1 FROM idempotency_keys')).toEqual([])
  })

  test('is found under every root secret, so that a new one does nothing twice', async () => {
    const { before, after, request } = changedRoots()

    await runOnce(before, request, answering('done'))
    const again = await runOnce(after, request, answering('something else'))

    expect(again).toEqual({ repeated: 'done' })
  })

  test('is never a token or a cookie: no operation with such an answer takes a key', () => {
    const takers = contracts.filter(({ idempotencyKey }) => idempotencyKey)

    expect(takers.map(({ operationId }) => operationId)).toContain('register')
    for (const { operationId, setsCookie, startsCookieSession } of takers) {
      expect(setsCookie ?? startsCookieSession, operationId).toBe(undefined)
    }
    expect(JSON.stringify(takers.map(({ responses }) => responses[200]?.toJSONSchema()))).not.toMatch(/token/)
  })
})

describe('when nobody can know whether it was done', () => {
  test.each([
    ['was done', true],
    ['was not done', false],
  ])(
    'a commit that %s and whose reply is lost: the repetition creates one account',
    async (_, isCommitted) => {
      const own = await serverForThisTest()
      const client = own.client()
      const account = newAccount()
      const key = randomUUID()
      const { database } = own.runtime
      const { transaction } = database
      database.transaction = async (work) => {
        if (isCommitted) await transaction(work)
        throw new Error('Connection terminated unexpectedly')
      }
      expect(await sendWith(client, key, account)).toBeProblem(503, 'unavailable')
      database.transaction = transaction

      const again = await sendWith(client, key, account)

      expect(again.status).toBe(200)
      expect(again.body.user.email).toBe(account.email)
      expect(again.headers.get('idempotency-replayed')).toBe(isCommitted ? 'true' : null)
      expect(await accountsOf(account, own)).toBe(1)
    },
  )

  test('a commit that is still on its way is waited for before the key is given back', async () => {
    const own = await serverForThisTest()
    const request = newRequest()
    const { database } = own.runtime
    const commit = { now: () => {} }
    const committing: Promise<unknown>[] = []
    const lost = runOnce(own.runtime, request, async (keep) => {
      await new Promise<void>((kept) => {
        committing.push(
          database.transaction(async (transaction) => {
            await keep(transaction, 'done')
            kept()
            await new Promise<void>((resolve) => {
              commit.now = resolve
            })
          }),
        )
      })
      throw new Error('Query read timeout')
    })
    await untilSomeoneWaits(own)
    commit.now()

    await expect(lost).rejects.toThrow('Query read timeout')
    await Promise.all(committing)
    expect(await runOnce(own.runtime, request, answering('again', own))).toEqual({ repeated: 'done' })
  })
})

describe('when something fails', () => {
  test('a claim of a process that died is free after a minute', async () => {
    const own = await serverForThisTest()
    const request = newRequest()
    await claimAndDie(own, request)

    const early = runOnce(own.runtime, request, answering('too early', own))
    await expect(early).rejects.toMatchObject({ code: 'idempotency_in_progress' })
    await own.time.advance({ seconds: 61 })
    expect(await runOnce(own.runtime, request, answering('done', own))).toEqual({ outcome: 'done' })
  })

  test('also when the root secret was changed meanwhile', async () => {
    const own = await serverForThisTest()
    const { before, after, request } = changedRoots(own)
    await claimAndDie({ ...own, runtime: before }, request)

    const early = runOnce(after, request, answering('too early', own))
    await expect(early).rejects.toMatchObject({ code: 'idempotency_in_progress' })
    await own.time.advance({ seconds: 61 })
    expect(await runOnce(after, request, answering('done', own))).toEqual({ outcome: 'done' })
    expect(await own.database.sql('SELECT 1 FROM idempotency_keys')).toHaveLength(1)
  })

  test('nothing is done when the answer cannot be kept', async () => {
    const own = await serverForThisTest()
    await own.database.sql(`
      CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'full' USING ERRCODE = 'disk_full'; END $$;
      CREATE TRIGGER full_disk BEFORE UPDATE ON idempotency_keys FOR EACH ROW EXECUTE FUNCTION full_disk()`)
    const account = newAccount()
    const key = randomUUID()

    expect(await sendWith(own.client(), key, account)).toBeProblem(503, 'unavailable')
    expect(await accountsOf(account, own)).toBe(0)
    await own.database.sql('DROP TRIGGER full_disk ON idempotency_keys')
    expect((await sendWith(own.client(), key, account)).status).toBe(200)
  })

  test('a call whose claim is over does nothing: the next one has the key', async () => {
    const own = await serverForThisTest()
    const request = newRequest()
    const late = { goOn: () => {} }
    const done: string[] = []
    const givenUp = runOnce(own.runtime, request, async (keep) => {
      await new Promise<void>((resolve) => {
        late.goOn = resolve
      })
      await own.runtime.database.transaction((transaction) => keep(transaction, 'the first'))
      done.push('the first')
    })
    await untilClaimed(own)
    await own.time.advance({ seconds: 61 })
    await runOnce(own.runtime, request, answering('the second', own))
    late.goOn()

    await expect(givenUp).rejects.toMatchObject({ code: 'idempotency_in_progress' })
    expect(done).toEqual([])
    expect(await runOnce(own.runtime, request, answering('a third', own))).toEqual({ repeated: 'the second' })
  })
})

test('the header costs four round trips, and its absence none', async () => {
  const own = await serverForThisTest()
  const client = own.client()
  await client.register()
  const watched = watchDatabase(own.runtime)

  await client.register()
  const without = watched.names.length
  await sendWith(client, randomUUID(), newAccount())

  expect(without).toBeLessThanOrEqual(4)
  // The claim, BEGIN, the answer and COMMIT.
  expect(watched.names.length - without).toBe(without + 4)
})

describe('nobody fills the database with keys', () => {
  test.each([
    ['weak passwords', {}, { password: 'password123' }, 422],
    ['a closed registration', { REGISTRATION: 'closed' }, {}, 403],
  ])('a flood of %s costs no statement, with a key or without', async (_, settings, changes, status) => {
    const own = await serverForThisTest(settings)
    const client = own.client()
    const watched = watchDatabase(own.runtime)

    for (let tries = 0; tries < 20; tries += 1) {
      const answer = await sendWith(client, randomUUID(), { ...newAccount(), ...changes })
      expect(answer.status).toBe(status)
    }

    expect(watched.names).toEqual([])
  })

  test('a flood while no password can be hashed costs none either', async () => {
    const own = await serverForThisTest()
    const { passwords } = own.runtime
    own.runtime.passwords = {
      ...passwords,
      requireRoom: () => {
        throw new Problem('overloaded', { retryAfterSeconds: 1 })
      },
    }
    const watched = watchDatabase(own.runtime)

    expect(await sendWith(own.client(), randomUUID(), newAccount())).toBeProblem(503, 'overloaded')
    expect(watched.names).toEqual([])
  })

  test('a repetition that is answered from what is kept writes nothing', async () => {
    const own = await serverForThisTest()
    const client = own.client()
    const account = newAccount()
    const key = randomUUID()
    await sendWith(client, key, account)
    const lookAt = 'SELECT xmin::text, xmax::text, ctid::text FROM idempotency_keys'
    const rows = await own.database.sql(lookAt)

    expect((await sendWith(client, key, account)).headers.get('idempotency-replayed')).toBe('true')

    expect(await own.database.sql(lookAt)).toEqual(rows)
  })
})
