import { describe, expect, test } from 'vitest'
import { deriveRootKeys } from '#lib/crypto/root-keys.ts'
import { Secret } from '#lib/crypto/secret.ts'
import { generateSigningKey, openSigningKey } from '#lib/crypto/signing-key.ts'
import { type ApiClient, signIn } from '#test/support/api-client.ts'
import { caughtUp, isMarker } from '#test/support/caught-up.ts'
import { serverBeside, serverForThisTest, type TestServer } from '#test/support/harness.ts'
import { publishedSeconds, verifyingSeconds } from './signing-key-state.ts'
import {
  type KeyOutcome,
  listKeys,
  maintainSigningKeys,
  removeSigningKey,
  replaceSigningKeys,
  retireSigningKey,
  rotateSigningKey,
} from './signing-keys.ts'

/** Of test time: what really passes between two lines must not matter. */
const marginSeconds = 30

async function signedIn(variables: Record<string, string> = {}) {
  const server = await serverForThisTest(variables)
  const client = server.client()
  await signIn(client)
  return { server, client, first: kidOf(client) }
}

/** The key that signed the access token which a client has. */
function kidOf({ accessToken }: ApiClient): string {
  return JSON.parse(Buffer.from(accessToken?.split('.')[0] ?? '', 'base64url').toString()).kid
}

async function refreshedKid(client: ApiClient): Promise<string> {
  expect((await client.refresh()).status).toBe(200)
  return kidOf(client)
}

async function publishedKids(server: TestServer): Promise<string[]> {
  const { body } = await server.client().send('/.well-known/jwks.json')
  return body.keys.map(({ kid }: { kid: string }) => kid)
}

async function statesOf({ runtime }: TestServer): Promise<Record<string, string>> {
  const keys = await listKeys(runtime)
  return Object.fromEntries(keys.map(({ kid, state }) => [kid, state]))
}

/** The key that an outcome is about. */
function keyOf(outcome: KeyOutcome): string {
  if (outcome.kind === 'retired') throw new Error('no key was made')
  return outcome.kind === 'removed' ? outcome.signs.kid : outcome.next.kid
}

/** The same session, presented to another process. */
function at(server: TestServer, { accessToken, refreshToken }: ApiClient): ApiClient {
  return Object.assign(server.client(), { accessToken, refreshToken })
}

describe('rotation refuses nobody', () => {
  test('the new key is published at once and signs only when every verifier can know it', async () => {
    const { server, client, first } = await signedIn()

    const next = keyOf(await rotateSigningKey(server.runtime))

    expect((await publishedKids(server)).toSorted()).toEqual([first, next].toSorted())
    expect(await statesOf(server)).toEqual({ [first]: 'signing', [next]: 'waiting' })
    await server.time.advance({ seconds: publishedSeconds - marginSeconds })
    expect(await refreshedKid(client)).toBe(first)
    await server.time.advance({ seconds: marginSeconds + 1 })
    expect(await refreshedKid(client)).toBe(next)
    expect(await statesOf(server)).toEqual({ [first]: 'verifying', [next]: 'signing' })
  })

  test('the last token of the old key is taken until it expires; then the key is deleted, everywhere', async () => {
    const { server, client, first } = await signedIn({ ACCESS_TOKEN_EXPIRE_MINUTES: '60' })
    const other = await serverBeside(server)
    const next = keyOf(await rotateSigningKey(server.runtime))
    await server.time.advance({ seconds: publishedSeconds - marginSeconds })
    await other.time.advance({ seconds: publishedSeconds - marginSeconds })
    expect(await refreshedKid(client)).toBe(first)

    for (const process of [server, other]) await process.time.advance({ seconds: 3600 - marginSeconds })
    await maintainSigningKeys(server.runtime)
    expect((await client.me()).status).toBe(200)
    expect((await at(other, client).me()).status).toBe(200)

    for (const process of [server, other]) await process.time.advance({ seconds: verifyingSeconds })
    await maintainSigningKeys(server.runtime)
    await caughtUp(other.runtime)
    expect(await publishedKids(server)).toEqual([next])
    expect(await publishedKids(other)).toEqual([next])
    expect(await server.database.sql('SELECT kid FROM signing_keys')).toEqual([{ kid: next }])
  })

  test('a key that is over verifies nothing and is not published, also before anybody deletes it', async () => {
    const { server, client, first } = await signedIn()
    await server.database.sql('UPDATE signing_keys SET retires_at = app_now() + make_interval(secs => 20)')
    const { kid, algorithm, publicJwk, privateKeySealed } = await generateSigningKey(server.runtime.roots)
    await server.database.sql(
      'INSERT INTO signing_keys (kid, algorithm, public_jwk, private_key_sealed) VALUES ($1, $2, $3, $4)',
      [kid, algorithm, JSON.stringify(publicJwk), privateKeySealed],
    )
    expect((await client.me()).status).toBe(200)
    expect(await publishedKids(server)).toContain(first)

    await server.time.advance({ seconds: 21 })
    await caughtUp(server.runtime)

    expect(await client.me()).toBeProblem(401, 'invalid_token')
    expect(await publishedKids(server)).toEqual([kid])
  })

  test('every process signs with the same key at the same time', async () => {
    const { server, client } = await signedIn()
    const other = await serverBeside(server)
    const elsewhere = at(other, client)
    await rotateSigningKey(server.runtime)
    await caughtUp(other.runtime)
    for (const seconds of [0, publishedSeconds - marginSeconds, marginSeconds + 1]) {
      for (const process of [server, other]) await process.time.advance({ seconds })
      expect(await refreshedKid(client)).toBe(await refreshedKid(elsewhere))
    }
  })

  test('of twenty parallel calls in two processes one makes a key, the others are told of it', async () => {
    const { server } = await signedIn()
    const other = await serverBeside(server)

    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, index) => rotateSigningKey((index % 2 ? server : other).runtime)),
    )

    expect(outcomes.filter(({ kind }) => kind === 'rotated')).toHaveLength(1)
    expect(new Set(outcomes.map(keyOf)).size).toBe(1)
    expect(await server.database.sql('SELECT kid FROM signing_keys')).toHaveLength(2)
  })
})

describe('rotation by age', () => {
  test('at SIGNING_KEY_DAYS whoever notices rotates, once', async () => {
    const { server, first } = await signedIn({ SIGNING_KEY_DAYS: '30' })
    const other = await serverBeside(server)
    const days = async (count: number) => {
      for (const process of [server, other]) await process.time.advance({ seconds: count * 86_400 })
    }
    await days(29.9)
    await maintainSigningKeys(server.runtime)
    expect(await statesOf(server)).toEqual({ [first]: 'signing' })

    await days(0.2)
    const notice = { ...other.runtime, config: server.runtime.config }
    await Promise.all(
      Array.from({ length: 10 }, (_, index) => maintainSigningKeys(index % 2 ? server.runtime : notice)),
    )

    expect(Object.values(await statesOf(server)).toSorted()).toEqual(['signing', 'waiting'])
    expect(
      server.logs.concat(other.logs).filter(({ event }) => event === 'signing_key_rotated'),
    ).toHaveLength(1)
    await maintainSigningKeys(server.runtime)
    expect(await server.database.sql('SELECT kid FROM signing_keys')).toHaveLength(2)
  })

  test('never with 0, and after 90 days without the setting', async () => {
    const { server, first } = await signedIn({ SIGNING_KEY_DAYS: '0' })
    await server.time.advance({ seconds: 3000 * 86_400 })
    await maintainSigningKeys(server.runtime)
    expect(Object.keys(await statesOf(server))).toEqual([first])

    const byDefault = await signedIn()
    await byDefault.server.time.advance({ seconds: 90 * 86_400 + 1 })
    await maintainSigningKeys(byDefault.server.runtime)
    expect(Object.keys(await statesOf(byDefault.server))).toHaveLength(2)
  })

  test('while nothing is due it writes nothing, so that no process loads its keys anew', async () => {
    const { server } = await signedIn()
    const before = await server.database.sql('SELECT xmin, kid FROM signing_keys')
    const announced: unknown[] = []
    server.runtime.changeFeed?.subscribe({
      changed: (change) => isMarker(change) || announced.push(change),
      reset: () => {},
    })

    await maintainSigningKeys(server.runtime)
    await caughtUp(server.runtime)

    expect(await server.database.sql('SELECT xmin, kid FROM signing_keys')).toEqual(before)
    expect(announced).toEqual([])
  })
})

describe('emergency removal', () => {
  test('every process refuses the tokens of the key at once and signs with a new one; nobody has to sign in again', async () => {
    const { server, client, first } = await signedIn()
    const other = await serverBeside(server)
    const elsewhere = at(other, client)
    const cookie = server.client()
    await signIn(cookie, 'cookie')
    expect((await elsewhere.me()).status).toBe(200)

    const signs = keyOf(await removeSigningKey(server.runtime, first))
    await caughtUp(other.runtime)

    for (const one of [client, elsewhere]) expect(await one.me()).toBeProblem(401, 'invalid_token')
    for (const process of [server, other]) expect(await publishedKids(process)).toEqual([signs])
    expect(await refreshedKid(elsewhere)).toBe(signs)
    expect((await elsewhere.me()).status).toBe(200)
    expect((await at(server, elsewhere).me()).status).toBe(200)
    expect((await cookie.me()).status).toBe(200)
    expect(server.logs).toContainEqual(expect.objectContaining({ event: 'signing_key_removed', kid: first }))
  })

  test('a token of the new key is taken by a process that has not heard of it yet', async () => {
    const { server, client, first } = await signedIn()
    const deaf = await serverBeside(server)
    expect((await at(deaf, client).me()).status).toBe(200)
    deaf.runtime.changeFeed?.close()
    await deaf.runtime.accessTokens.publicKeys()

    await removeSigningKey(server.runtime, first)
    await client.refresh()

    expect((await at(deaf, client).me()).status).toBe(200)
  })

  test('while a key waits, that one signs at once', async () => {
    const { server, client, first } = await signedIn()
    const next = keyOf(await rotateSigningKey(server.runtime))

    expect(keyOf(await removeSigningKey(server.runtime, first))).toBe(next)

    expect(await refreshedKid(client)).toBe(next)
    expect(await publishedKids(server)).toEqual([next])
    await server.time.advance({ seconds: publishedSeconds + verifyingSeconds })
    expect(await publishedKids(server)).toEqual([next])
  })

  test('of a key that waits: the one in use stays, without an end', async () => {
    const { server, client, first } = await signedIn()
    const next = keyOf(await rotateSigningKey(server.runtime))

    expect(keyOf(await removeSigningKey(server.runtime, next))).toBe(first)

    await server.time.advance({ seconds: publishedSeconds + verifyingSeconds + 5 })
    await maintainSigningKeys(server.runtime)
    expect(await refreshedKid(client)).toBe(first)
    expect((await client.me()).status).toBe(200)
  })

  test('of a key that only verifies: its tokens are refused, the others stay', async () => {
    const { server, client, first } = await signedIn()
    const next = keyOf(await rotateSigningKey(server.runtime))
    await server.time.advance({ seconds: publishedSeconds - marginSeconds })
    await client.refresh()
    await server.time.advance({ seconds: marginSeconds + 1 })
    const later = server.client()
    await signIn(later)
    expect([kidOf(client), kidOf(later)]).toEqual([first, next])

    expect(keyOf(await removeSigningKey(server.runtime, first))).toBe(next)

    expect(await client.me()).toBeProblem(401, 'invalid_token')
    expect((await later.me()).status).toBe(200)
  })

  test('all keys at once: what a backup brought back is refused', async () => {
    const { server, client, first } = await signedIn()
    const next = keyOf(await rotateSigningKey(server.runtime))

    await replaceSigningKeys(server.runtime)

    expect(await client.me()).toBeProblem(401, 'invalid_token')
    const [signs, ...others] = await publishedKids(server)
    expect(others).toEqual([])
    expect([first, next]).not.toContain(signs)
    expect(await refreshedKid(client)).toBe(signs)
  })

  test('of a key that no AUTH_SECRET opens any more: the next one signs, and sign-ins work again', async () => {
    const { server, first } = await signedIn()
    const renewed = await serverForThisTest({
      AUTH_SECRET: 'a root secret that came after the first was lost',
      DATABASE_URL: server.database.url,
    })
    const client = renewed.client()
    const { account } = await client.register()
    expect(await client.login(account)).toBeProblem(503, 'unavailable')

    await removeSigningKey(renewed.runtime, first)

    expect((await client.login(account)).status).toBe(200)
    expect((await client.me()).status).toBe(200)
  })

  test('a kid that there is not is not_found and changes nothing', async () => {
    const { server, first } = await signedIn()
    for (const change of [removeSigningKey, retireSigningKey]) {
      await expect(change(server.runtime, 'no-such-kid')).rejects.toMatchObject({ code: 'not_found' })
    }
    expect(await statesOf(server)).toEqual({ [first]: 'signing' })
  })
})

describe('retiring a key', () => {
  test('the one that signs is rotated, one that waits is deleted, one that verifies stays until its end', async () => {
    const { server, client, first } = await signedIn()
    const next = keyOf(await retireSigningKey(server.runtime, first))
    expect(await statesOf(server)).toEqual({ [first]: 'signing', [next]: 'waiting' })

    expect(await retireSigningKey(server.runtime, next)).toMatchObject({ kind: 'removed' })
    expect(await statesOf(server)).toEqual({ [first]: 'signing' })

    const another = keyOf(await rotateSigningKey(server.runtime))
    await server.time.advance({ seconds: publishedSeconds + 2 })
    const outcome = await retireSigningKey(server.runtime, first)
    expect(outcome).toMatchObject({ kind: 'retired', until: expect.any(Date) })
    expect(await statesOf(server)).toEqual({ [first]: 'verifying', [another]: 'signing' })
    expect(await refreshedKid(client)).toBe(another)
  })
})

test('with HS256 there are no keys to list or change, and nothing comes of age', async () => {
  const variables = { JWT_ALGORITHM: 'HS256', JWT_SECRET: 'a secret shared with old services, long enough' }
  const server = await serverForThisTest(variables)
  const changes = [() => listKeys(server.runtime), () => rotateSigningKey(server.runtime)]
  for (const change of changes) await expect(change()).rejects.toMatchObject({ code: 'not_found' })
  await maintainSigningKeys(server.runtime)
  await replaceSigningKeys(server.runtime)
  expect(await server.database.sql('SELECT kid FROM signing_keys')).toEqual([])
})

describe('while the root secret is rotated', () => {
  const [oldRoot, newRoot] = [
    'an old root secret of this test that is long',
    'a new root secret of this test that is long',
  ]
  const beginning = `${oldRoot},${newRoot}`
  const changing = `${newRoot},${oldRoot}`
  const only = (secret: string) => deriveRootKeys([new Secret(secret)])

  /** A process of the same deployment, with its own secrets. */
  const beside = ({ database }: TestServer, secrets: string) =>
    serverForThisTest({ AUTH_SECRET: secrets, DATABASE_URL: database.url })

  /** Lets a process see every key that there is by now. */
  async function look({ runtime }: TestServer): Promise<void> {
    await caughtUp(runtime)
    await runtime.accessTokens.publicKeys()
  }

  /** How many of the keys a root alone opens. */
  async function openedBy(secret: string, { database }: TestServer): Promise<string> {
    const rows = await database.sql<{ kid: string; public_jwk: never; private_key_sealed: Buffer }>(
      'SELECT kid, public_jwk, private_key_sealed FROM signing_keys',
    )
    const opened = rows.map(({ kid, public_jwk: publicJwk, private_key_sealed: privateKeySealed }) =>
      openSigningKey(only(secret), { kid, publicJwk, privateKeySealed, algorithm: 'ES256' }),
    )
    return `${opened.filter((key) => key !== null).length} of ${rows.length}`
  }

  test.each([
    ['an old process makes', 'old', 'new'],
    ['a new process makes', 'new', 'old'],
  ] as const)(
    'a key that %s, and one of the others sees late, is there for both, whoever looks when',
    async (_, maker, late) => {
      const old = await serverForThisTest({ AUTH_SECRET: beginning })
      const processes = { old, new: await beside(old, changing) }
      await rotateSigningKey(processes[maker].runtime)
      for (const one of [maker, late, maker, late, late, maker] as const) await look(processes[one])

      expect(await openedBy(oldRoot, old)).toBe('2 of 2')
      expect(await openedBy(newRoot, old)).toBe('2 of 2')
    },
  )

  test('nobody is refused in any of the deployments, whoever makes a key in them and in which order it is seen', async () => {
    const old = await serverForThisTest({ AUTH_SECRET: beginning })
    const client = old.client()
    const account = await signIn(client)
    const works = async (server: TestServer) => {
      const there = at(server, client)
      expect((await there.me()).status).toBe(200)
      expect((await there.refresh()).status).toBe(200)
      Object.assign(client, { accessToken: there.accessToken, refreshToken: there.refreshToken })
      expect((await server.client().login(account)).status).toBe(200)
    }
    const renewed = await beside(old, changing)
    const next = keyOf(await rotateSigningKey(renewed.runtime))
    for (const server of [renewed, old, renewed]) await look(server)
    // An old process that starts again after the last new one, and makes a key of its own.
    await removeSigningKey(renewed.runtime, next)
    const again = await beside(old, beginning)
    await rotateSigningKey(again.runtime)
    for (const server of [again, renewed, old, renewed]) await look(server)
    // The old root is removed once every session has credentials of the new one.
    for (const server of [old, again, renewed]) await works(server)

    const done = await beside(old, newRoot)

    for (const server of [done, renewed]) await look(server)
    expect(await openedBy(newRoot, old)).toBe('2 of 2')
    for (const server of [done, renewed]) await works(server)
  })

  test('once a root is removed it opens no key any more', async () => {
    const changed = await serverForThisTest({ AUTH_SECRET: changing })
    await rotateSigningKey(changed.runtime)
    expect(await openedBy(oldRoot, changed)).toBe('2 of 2')

    const done = await beside(changed, newRoot)
    for (const server of [changed, done, changed]) await look(server)

    expect(await openedBy(oldRoot, changed)).toBe('0 of 2')
    expect(await openedBy(newRoot, changed)).toBe('2 of 2')
  })
})
