import { readFileSync } from 'node:fs'
import { importJWK, jwtVerify } from 'jose'
import { contracts, describedInRoutes } from '#lib/contracts.ts'
import { operationsOf } from '#lib/openapi/openapi-document.ts'
import { signIn } from '#test/support/api-client.ts'
import { metricsHeaders } from '#test/support/metrics-token.ts'
import { expect, test } from '../support/api.ts'

test('an access token verifies with the published key set and names its audience', async ({ server }) => {
  const client = server.client()
  await signIn(client)
  const { body, headers } = await client.send('/.well-known/jwks.json')

  const key = await importJWK(body.keys[0], 'ES256')
  const { payload, protectedHeader } = await jwtVerify(client.accessToken ?? '', key, {
    issuer: server.url,
    audience: server.url,
    typ: 'at+jwt',
  })

  expect(protectedHeader.kid).toBe(body.keys[0].kid)
  expect(payload).toMatchObject({ roles: ['USER'], amr: ['pwd'] })
  expect(Number(payload.exp) - Number(payload.iat)).toBe(600)
  expect(headers.get('cache-control')).toContain('max-age=300')
})

test('anybody may read the key set from another origin, without credentials', async ({ server }) => {
  const answer = await server
    .client()
    .send('/.well-known/jwks.json', { headers: { origin: 'https://else.example' } })

  expect(answer.headers.get('access-control-allow-origin')).toBe('*')
  expect(answer.headers.get('access-control-allow-credentials')).toBe(null)
})

test('health answers under any host name', async ({ server }) => {
  for (const path of ['/api/health/live', '/api/health/ready']) {
    const answer = await server.client().send(path, { headers: { host: '10.0.0.7:8000' } })
    expect(answer.status).toBe(200)
  }
})

test('behind a proxy metrics are for whoever has the token; for others, also of this machine, there is nothing', async ({
  server,
}) => {
  const direct = await server.directClient().send('/metrics', { headers: metricsHeaders })

  expect(direct.status).toBe(200)
  expect(direct.text).toContain('http_server_request_duration_seconds_bucket')
  for (const client of [server.client(), server.directClient()])
    expect(await client.send('/metrics')).toBeProblem(404, 'not_found')
})

test('the set-up key of nobody opens nothing', async ({ server }) => {
  const json = {
    token: 'x'.repeat(43),
    email: 'a@example.com',
    username: 'administrator',
    password: 'a slow green ferry',
  }

  expect(await server.client().send('/api/setup', { json })).toBeProblem(400, 'link_invalid')
})

test('unknown fields are ignored where the old backend ignored them, and refused elsewhere', async ({
  server,
}) => {
  const client = server.client()
  const { account } = await client.register()

  const login = await client.send('/api/auth/login', { json: { ...account, confirmPassword: 'x', csrf: 1 } })
  const setup = await client.send('/api/setup', { json: { token: 'x', ...account, surprise: 1 } })

  expect(login.status).toBe(200)
  expect(setup).toBeProblem(422, 'invalid_request')
  expect(setup.body.errors).toContainEqual(
    expect.objectContaining({ field: 'surprise', code: 'unknown_field' }),
  )
})

test('the OpenAPI document describes every operation and is the same in every way of serving', async ({
  server,
}) => {
  const answer = await server.client().send('/openapi.json', { headers: { origin: 'https://else.example' } })

  expect(answer.text).toBe(readFileSync('dist/openapi.json', 'utf8'))
  expect(answer.headers.get('access-control-allow-origin')).toBe('*')
  expect(answer.headers.get('cache-control')).toBe('public, max-age=60')
  const described = operationsOf(answer.body).map(
    ({ operation, method, path }) => `${operation.operationId} ${method} ${path}`,
  )
  const expected = [...contracts, ...describedInRoutes].map(
    ({ operationId, method, path }) => `${operationId} ${method} ${path}`,
  )
  expect(described.toSorted()).toEqual(expected.toSorted())
})

for (const path of ['/openapi.json', '/.well-known/jwks.json']) {
  test(`${path} is not sent again to a client that has it, in whatever form it says so`, async ({
    server,
  }) => {
    const client = server.client()
    const first = await client.send(path)
    const etag = first.headers.get('etag') ?? ''
    const strong = etag.replace(/^W\//, '')
    // Next compresses on its way out, so its tags are weak; both are compared weakly (RFC 9110 section 13.1.2).
    expect(etag).toBe(first.headers.get('server-timing') === 'via;desc=next' ? `W/${strong}` : strong)
    expect(strong).toMatch(/^"[\w-]{22}"$/)

    for (const condition of [strong, `W/${strong}`, `"other", W/${strong}`, `${strong},"other"`, '*']) {
      const again = await client.send(path, { headers: { 'if-none-match': condition } })
      expect(again, condition).toMatchObject({ status: 304, text: '' })
      expect(again.headers.get('etag')).toBe(etag)
    }
    for (const condition of ['"other"', 'W/"other"', strong.replaceAll('"', ''), `W/W/${strong}`]) {
      const other = await client.send(path, { headers: { 'if-none-match': condition } })
      expect(other, condition).toMatchObject({ status: 200, text: first.text })
    }
  })
}

test('the type of a refusal leads to a page about its code', async ({ server }) => {
  const client = server.client()
  const refusal = await client.send('/api/auth/me')

  const page = await client.send(new URL(refusal.body.type).pathname)

  expect(page.status).toBe(200)
  expect(page.text).toContain('<h1><code>unauthenticated</code></h1>')
  expect(await client.send('/docs/errors/nothing')).toBeProblem(404, 'not_found')
})
