import { randomUUID } from 'node:crypto'
import { describe, expect, test, vi } from 'vitest'
import { contracts } from '#lib/contracts.ts'
import { deriveRootKeys } from '#lib/crypto/root-keys.ts'
import { Secret } from '#lib/crypto/secret.ts'
import { newAccount } from '#test/support/api-client.ts'
import { serverForThisTest, type TestServer, useServer } from '#test/support/harness.ts'
import { watchDatabase } from '#test/support/observations.ts'
import { runOnce } from './run-once.ts'

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

  test('the key of one address is not the key of another', async () => {
    const key = randomUUID()
    const account = newAccount()
    await sendWith(server.client(), key, account)

    expect(await sendWith(server.client(), key, account)).toBeProblem(400, 'email_taken')
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
    const old = new Secret('an old root secret that is long enough')
    const fresh = new Secret('a new root secret that is long enough')
    const request = { operation: 'test', actor: 'user 1', key: randomUUID(), request: 'x' }
    const run = vi.fn(async () => 'done')

    await runOnce({ ...server.runtime, roots: deriveRootKeys([old]) }, request, run)
    const again = await runOnce({ ...server.runtime, roots: deriveRootKeys([fresh, old]) }, request, run)

    expect(again).toEqual({ answer: 'done', isRepeated: true })
    expect(run).toHaveBeenCalledTimes(1)
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

describe('when something fails', () => {
  test('a claim of a process that died is free after a minute', async () => {
    const own = await serverForThisTest()
    const request = { operation: 'test', actor: 'user 1', key: randomUUID(), request: 'x' }
    const never = new Promise<string>(() => {})
    void runOnce(own.runtime, request, () => never)
    await vi.waitFor(async () => {
      expect(await own.database.sql('SELECT 1 FROM idempotency_keys')).toHaveLength(1)
    })

    const early = runOnce(own.runtime, request, async () => 'too early')
    await expect(early).rejects.toMatchObject({ code: 'idempotency_in_progress' })
    await own.time.advance({ seconds: 61 })
    expect(await runOnce(own.runtime, request, async () => 'done')).toEqual({
      answer: 'done',
      isRepeated: false,
    })
  })

  test('what was done is answered also when the answer cannot be kept', async () => {
    const own = await serverForThisTest()
    const request = { operation: 'test', actor: 'user 1', key: randomUUID(), request: 'x' }

    const outcome = await runOnce(own.runtime, request, async () => {
      await own.database.sql('ALTER TABLE idempotency_keys RENAME TO away')
      return 'done'
    })

    expect(outcome).toEqual({ answer: 'done', isRepeated: false })
    expect(own.logs).toContainEqual(expect.objectContaining({ event: 'idempotency_key_left' }))
  })

  test('a call that was given up does not write over the answer of the next one', async () => {
    const own = await serverForThisTest()
    const request = { operation: 'test', actor: 'user 1', key: randomUUID(), request: 'x' }
    const late = { answer: (_: string) => {} }
    const givenUp = runOnce(own.runtime, request, () => new Promise((resolve) => (late.answer = resolve)))
    await vi.waitFor(async () => {
      expect(await own.database.sql('SELECT 1 FROM idempotency_keys')).toHaveLength(1)
    })
    await own.time.advance({ seconds: 61 })
    await runOnce(own.runtime, request, async () => 'the second')
    late.answer('the first')
    await givenUp

    const { answer } = await runOnce(own.runtime, request, async () => 'a third')
    expect(answer).toBe('the second')
  })
})

test('the header costs two round trips, and its absence none', async () => {
  const own = await serverForThisTest()
  const client = own.client()
  await client.register()
  const watched = watchDatabase(own.runtime)

  await client.register()
  const without = watched.names.length
  await sendWith(client, randomUUID(), newAccount())

  expect(without).toBeLessThanOrEqual(4)
  expect(watched.names.length - without).toBe(without + 2)
})
