import { createLocalJWKSet, jwtVerify } from 'jose'
import { describe, expect, test } from 'vitest'
import { publishedSeconds } from '#lib/session/signing-key-state.ts'
import { rotateSigningKey } from '#lib/session/signing-keys.ts'
import { signIn } from '#test/support/api-client.ts'
import { serverForThisTest, testAppUrl, useServer } from '#test/support/harness.ts'

const server = useServer()
const path = '/.well-known/jwks.json'

describe('services verify access tokens with the published keys', () => {
  test('a token verifies by its kid and says who, by which session, with which roles, for whom and until when', async () => {
    const client = server.client()
    await signIn(client)
    const me = (await client.me()).body

    const keys = createLocalJWKSet((await server.client().send(path)).body)
    const { payload, protectedHeader } = await jwtVerify(client.accessToken ?? '', keys, {
      issuer: testAppUrl,
      audience: testAppUrl,
      typ: 'at+jwt',
      algorithms: ['ES256'],
    })

    expect(protectedHeader).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: expect.any(String) })
    expect(payload).toEqual({
      iss: testAppUrl,
      aud: testAppUrl,
      sub: String(me.id),
      sid: me.session.id,
      sep: 0,
      roles: ['USER'],
      amr: ['pwd'],
      auth_time: Math.floor(Date.parse(me.session.created_at) / 1000),
      iat: expect.any(Number),
      exp: Number(payload.iat) + 600,
    })
  })

  test('only public halves are published', async () => {
    const { body } = await server.client().send(path)

    expect(body.keys).toHaveLength(1)
    for (const key of body.keys) {
      expect(Object.keys(key).toSorted()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
    }
  })

  test('caches may keep the set for five minutes and show it for five more while they ask again; any origin may read it', async () => {
    const answer = await server.client().send(path, { headers: { origin: 'https://anybody.example' } })

    expect(answer.headers.get('cache-control')).toBe('public, max-age=300, stale-while-revalidate=300')
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    expect(answer.headers.has('access-control-allow-credentials')).toBe(false)
    expect(answer.headers.getSetCookie()).toEqual([])
  })

  test('a cache shows a set for less time than a new key is published before it signs', async () => {
    const { headers } = await server.client().send(path)
    const seconds = headers.get('cache-control')?.match(/\d+/g)?.map(Number) ?? []

    expect(seconds.reduce((sum, one) => sum + one, 0)).toBeLessThan(publishedSeconds)
  })

  test('who names the ETag of the set is told 304 without a body, until the set changes', async () => {
    const own = await serverForThisTest()
    const client = own.client()
    const known = (await client.send(path)).headers.get('etag') ?? ''
    const ask = (tag: string, method = 'GET') =>
      client.send(path, { method, headers: { 'if-none-match': tag } })
    for (const tag of [known, `W/${known}`, `"other", ${known}`, '*']) {
      const answer = await ask(tag)
      expect(answer.status, tag).toBe(304)
      expect(answer.text).toBe('')
      expect(answer.headers.get('etag')).toBe(known)
      expect(answer.headers.get('cache-control')).toMatch(/^public/)
    }
    expect((await ask(known, 'HEAD')).status).toBe(304)
    for (const tag of ['"other"', known.slice(1, -1), '']) expect((await ask(tag)).status, tag).toBe(200)

    await rotateSigningKey(own.runtime)

    const changed = await ask(known)
    expect(changed.status).toBe(200)
    expect(changed.body.keys).toHaveLength(2)
    expect(changed.headers.get('etag')).not.toBe(known)
  })

  test('all processes of a deployment publish and accept the same keys', async () => {
    const own = await serverForThisTest()
    const other = await serverForThisTest({ DATABASE_URL: own.database.url })
    const client = own.client()

    const [first, second] = await Promise.all([own.client().send(path), other.client().send(path)])

    expect(first.body).toEqual(second.body)
    await signIn(client)
    const elsewhere = Object.assign(other.client(), { accessToken: client.accessToken })
    expect((await elsewhere.me()).status).toBe(200)
  })
})

describe('with JWT_ALGORITHM=HS256', () => {
  const shared = 'a shared secret of the old services, long enough'

  test('old services verify with JWT_SECRET, and no key is published', async () => {
    const own = await serverForThisTest({ JWT_ALGORITHM: 'HS256', JWT_SECRET: shared, JWT_AUDIENCE: 'off' })
    const client = own.client()
    await signIn(client)

    expect((await own.client().send(path)).body).toEqual({ keys: [] })
    const { payload } = await jwtVerify(client.accessToken ?? '', Buffer.from(shared), {
      algorithms: ['HS256'],
    })
    expect(payload).not.toHaveProperty('aud')
    expect((await client.me()).status).toBe(200)
    expect((await client.refresh()).status).toBe(200)
  })
})
