import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Query } from '#db/statement.ts'
import { type ApiClient, signIn } from '#test/support/api-client.ts'
import { caughtUp } from '#test/support/caught-up.ts'
import { encodePart } from '#test/support/forged-jwt.ts'
import { serverBeside, serverForThisTest, type TestServer } from '#test/support/harness.ts'
import { watchDatabase } from '#test/support/observations.ts'
import { listKeys, removeSigningKey } from './signing-keys.ts'

/** Two processes on one database; the second knows the session of the client. */
async function twoProcesses(variables: Record<string, string> = {}) {
  const here = await serverForThisTest(variables)
  const there = await (variables['LIVE_VIEW']
    ? serverForThisTest({ ...variables, DATABASE_URL: here.database.url })
    : serverBeside(here))
  const client = here.client()
  await signIn(client)
  const elsewhere = Object.assign(there.client(), { accessToken: client.accessToken })
  expect((await elsewhere.me()).status).toBe(200)
  return { here, there, client, elsewhere }
}

async function removeKeyInUse({ runtime }: TestServer): Promise<void> {
  const [key] = await listKeys(runtime)
  await removeSigningKey(runtime, key?.kid ?? '')
}

/** The same token with a kid that was never made. */
function withInventedKid({ accessToken }: ApiClient): string {
  const [, payload, signature] = accessToken?.split('.') ?? []
  const kid = randomBytes(32).toString('base64url')
  return `${encodePart({ alg: 'ES256', typ: 'at+jwt', kid })}.${payload}.${signature}`
}

function looksAt(server: TestServer): () => number {
  const { names } = watchDatabase(server.runtime)
  return () => names.filter((name) => name === 'list_signing_keys').length
}

/** Holds the next answer to a look at the keys until it is let go. */
function holdNextLook({ runtime }: TestServer) {
  const { database } = runtime
  const { run } = database
  const [sent, released] = [createGate(), createGate()]
  database.run = async <Row extends object>(query: Query<Row>) => {
    const rows = await run(query)
    if (query.name !== 'list_signing_keys') return rows
    database.run = run
    sent.open()
    await released.opened
    return rows
  }
  return { sent: sent.opened, release: released.open }
}

function createGate() {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open: () => open() }
}

describe('a removed key is not trusted from memory', () => {
  test('while the change feed proves nothing, keys that were read more than 2 s ago are read again first', async () => {
    const { here, there, elsewhere } = await twoProcesses()
    there.runtime.changeFeed?.close()
    expect((await elsewhere.me()).status).toBe(200)

    await removeKeyInUse(here)
    await there.time.advance({ seconds: 2.1 })

    expect(await elsewhere.me()).toBeProblem(401, 'invalid_token')
  })

  test('with LIVE_VIEW=off as well', async () => {
    const { here, there, elsewhere } = await twoProcesses({ LIVE_VIEW: 'off' })

    await removeKeyInUse(here)
    await there.time.advance({ seconds: 2.1 })

    expect(await elsewhere.me()).toBeProblem(401, 'invalid_token')
  })

  test('an answer that was sent for before the removal and comes after it is not kept', async () => {
    const { here, there, elsewhere } = await twoProcesses()
    const look = holdNextLook(there)
    there.runtime.accessTokens.reload()
    await look.sent

    await removeKeyInUse(here)
    await caughtUp(there.runtime)
    look.release()

    expect(await elsewhere.me()).toBeProblem(401, 'invalid_token')
    await there.runtime.accessTokens.publicKeys()
    expect(await elsewhere.me()).toBeProblem(401, 'invalid_token')
  })

  test('a request that waits for such an answer waits for the next one', async () => {
    const { here, there, elsewhere } = await twoProcesses()
    const look = holdNextLook(there)
    there.runtime.accessTokens.reload()
    await look.sent
    const waiting = elsewhere.me()

    await removeKeyInUse(here)
    await caughtUp(there.runtime)
    look.release()

    expect(await waiting).toBeProblem(401, 'invalid_token')
  })

  test('a database that does not answer is 503, never a stale yes and never a 401', async () => {
    const { there, elsewhere } = await twoProcesses({ LIVE_VIEW: 'off' })
    const invented = Object.assign(there.client(), { accessToken: withInventedKid(elsewhere) })
    await there.time.advance({ seconds: 3 })

    await there.runtime.database.transaction(async (transaction) => {
      await transaction.run({ name: '', text: 'LOCK TABLE test_clock', values: [] })
      const answers = await Promise.all([elsewhere.me(), invented.me()])
      for (const answer of answers) expect(answer).toBeProblem(503, 'unavailable')
    })

    expect((await elsewhere.me()).status).toBe(200)
    expect(await invented.me()).toBeProblem(401, 'invalid_token')
  })
})

describe('the keys cost no statement', () => {
  test('while the change feed proves that they have not changed, however old they are', async () => {
    const { there, elsewhere } = await twoProcesses()
    const looks = looksAt(there)
    for (let request = 0; request < 100; request += 1) expect((await elsewhere.me()).status).toBe(200)
    // Longer than keys are trusted without proof, shorter than a silent connection is borne.
    await there.time.advance({ seconds: 2.1 })
    await caughtUp(there.runtime)
    expect((await elsewhere.me()).status).toBe(200)
    expect(looks()).toBe(0)
  })

  test('a flood of invented kids is 401 each, and one statement in ten seconds', async () => {
    const { there, elsewhere } = await twoProcesses()
    // In steps that a connection bears, also on a machine that is busy.
    for (let step = 0; step < 11; step += 1) {
      await there.time.advance({ seconds: 1 })
      await caughtUp(there.runtime)
    }
    const looks = looksAt(there)
    for (let request = 0; request < 200; request += 1) {
      const client = Object.assign(there.client(), { accessToken: withInventedKid(elsewhere) })
      expect(await client.me()).toBeProblem(401, 'invalid_token')
    }
    expect(looks()).toBe(1)
  })

  test('with LIVE_VIEW=off the flood costs ten statements a second at most', async () => {
    const { there, elsewhere } = await twoProcesses({ LIVE_VIEW: 'off' })
    const looks = looksAt(there)
    const startedMs = performance.now()
    for (let wave = 0; wave < 10; wave += 1) {
      const flood = Array.from({ length: 30 }, () =>
        Object.assign(there.client(), { accessToken: withInventedKid(elsewhere) }).me(),
      )
      for (const answer of await Promise.all(flood)) expect(answer).toBeProblem(401, 'invalid_token')
    }
    expect(looks()).toBeLessThanOrEqual((performance.now() - startedMs) / 100 + 2)
  })
})
