import { createLocalJWKSet, jwtVerify } from 'jose'
import { describe, expect, test } from 'vitest'
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

  test('caches may keep the set for five minutes, and any origin may read it, without credentials', async () => {
    const answer = await server.client().send(path, { headers: { origin: 'https://anybody.example' } })

    expect(answer.headers.get('cache-control')).toBe('public, max-age=300, stale-while-revalidate=3600')
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    expect(answer.headers.has('access-control-allow-credentials')).toBe(false)
    expect(answer.headers.getSetCookie()).toEqual([])
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
