import { contracts } from '#lib/contracts.ts'
import { newAccount, signIn } from '#test/support/api-client.ts'
import { expect, test } from '../support/api.ts'

const login = '/api/auth/login'
const json = { 'content-type': 'application/json' }

const malformed: Record<string, string> = {
  'half an object': '{"email":',
  'a duplicate name': '{"email":"a","password":"b","email":"c"}',
  'a byte order mark': '\uFEFF{"email":"a","password":"b"}',
  words: 'email=a&password=b',
}
for (const [what, body] of Object.entries(malformed)) {
  test(`${what} is malformed JSON`, async ({ server }) => {
    expect(await server.client().send(login, { body, headers: json })).toBeProblem(400, 'malformed_json')
  })
}

const unacceptable: Record<string, string> = {
  'a list': '[]',
  'a number': '1',
  null: 'null',
  'a list for a text': '{"email":["a"],"password":"b"}',
  NUL: '{"email":"a\\u0000","password":"b"}',
  'a lone surrogate': '{"email":"a\\ud800","password":"b"}',
  'nine levels': `{"email":"a","password":"b","x":${'['.repeat(9)}${']'.repeat(9)}}`,
  'a missing field': '{"email":"a"}',
}
for (const [what, body] of Object.entries(unacceptable)) {
  test(`${what} is JSON of the wrong shape`, async ({ server }) => {
    const answer = await server.client().send(login, { body, headers: json })

    expect(answer).toBeProblem(422, 'invalid_request')
    expect(typeof answer.body.detail).toBe('string')
  })
}

for (const type of ['text/plain', 'multipart/form-data; boundary=x', '']) {
  test(`a body of the type "${type}" is refused`, async ({ server }) => {
    const answer = await server.client().send(login, { body: '{}', headers: { 'content-type': type } })

    expect(answer).toBeProblem(415, 'unsupported_media_type')
  })
}

test('a form of a foreign page is refused, and so is every form where there are no pages', async ({
  server,
}) => {
  const headers = { 'content-type': 'application/x-www-form-urlencoded', origin: 'https://evil.example' }

  const foreign = await server.client().send(login, { body: 'email=a&password=b&transport=cookie', headers })

  if (server.hasPages) expect(foreign).toBeProblem(403, 'origin_refused')
  else expect(foreign).toBeProblem(415, 'unsupported_media_type')
})

test('a compressed body is refused', async ({ server }) => {
  const headers = { ...json, 'content-encoding': 'gzip' }

  expect(await server.client().send(login, { body: '{}', headers })).toBeProblem(
    415,
    'unsupported_media_type',
  )
})

test('a body of a megabyte is refused before anything is read, also a password of one', async ({
  server,
}) => {
  const client = server.client()
  const password = 'x'.repeat(1024 * 1024)

  expect(await client.send(login, { json: { email: 'a', password } })).toBeProblem(413, 'body_too_large')
})

test('an unknown path is not found, as a problem', async ({ server }) => {
  for (const path of ['/api/nothing', '/api/auth/me/x.css', '/api/auth', '/api/auth/me/']) {
    expect(await server.client().send(path)).toBeProblem(404, 'not_found')
  }
})

test('an unknown method names those that are known', async ({ server }) => {
  for (const method of ['PUT', 'PATCH', 'DELETE']) {
    const answer = await server.client().send(login, { method })
    expect(answer).toBeProblem(405, 'method_not_allowed')
    expect(answer.headers.get('allow')).toBe('POST, OPTIONS')
  }
})

test('HEAD is GET without a body wherever GET goes: same status, type and length', async ({ server }) => {
  const client = server.client()
  await signIn(client)

  // Neither is there for this client.
  const elsewhere = ['/metrics', '/api/dev/mail']
  for (const { path } of contracts.filter((one) => one.method === 'GET' && !elsewhere.includes(one.path))) {
    const got = await client.send(path)
    const head = await client.send(path, { method: 'HEAD' })

    expect(head.status, path).toBe(200)
    expect(head.text, path).toBe('')
    for (const name of ['content-type', 'etag', 'cache-control']) {
      expect(head.headers.get(name), `${name} of ${path}`).toBe(got.headers.get(name))
    }
    // An export has itself in it: each is longer than the last.
    if (path === '/api/auth/export') continue
    // A Next route handler cannot say a length: Next takes it off every answer.
    const isOurs = head.headers.get('server-timing') === 'via;desc=node'
    const length = isOurs ? String(Buffer.byteLength(got.text)) : null
    expect(head.headers.get('content-length'), path).toBe(length)
  }
})

test('HEAD of what has no GET is 405', async ({ server }) => {
  expect((await server.client().send(login, { method: 'HEAD' })).status).toBe(405)
})

test('OPTIONS is 204 everywhere and names the methods of the path', async ({ server }) => {
  for (const path of [...new Set(contracts.map((contract) => contract.path))]) {
    const methods: string[] = contracts.filter((one) => one.path === path).map(({ method }) => method)
    const answer = await server.client().send(path.replace(/\{.*\}/, 'x'), { method: 'OPTIONS' })

    expect(answer.status, path).toBe(204)
    expect(answer.text).toBe('')
    const allowed = [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS']
    expect(answer.headers.get('allow'), path).toBe(allowed.join(', '))
  }
  expect((await server.client().send('/api/nothing', { method: 'OPTIONS' })).status).toBe(204)
})

test('a request that creates may be repeated with its key', async ({ server }) => {
  const client = server.client()
  const json = newAccount()
  const headers = { 'idempotency-key': crypto.randomUUID(), origin: 'https://app.example.com' }

  const first = await client.send('/api/auth/register', { json, headers })
  const again = await client.send('/api/auth/register', { json, headers })

  expect(again).toMatchObject({ status: 200, text: first.text })
  expect(again.headers.get('idempotency-replayed')).toBe('true')
  expect(again.headers.get('access-control-expose-headers')).toContain('Idempotency-Replayed')
})

test('a preflight of an allowed origin is 204 and says what may be sent', async ({ server }) => {
  const headers = { origin: 'https://app.example.com', 'access-control-request-method': 'POST' }

  const answer = await server.client().send(login, { method: 'OPTIONS', headers })

  expect(answer.status).toBe(204)
  expect(answer.headers.get('access-control-allow-origin')).toBe('https://app.example.com')
  expect(answer.headers.get('access-control-allow-credentials')).toBe('true')
  expect(answer.headers.get('access-control-allow-methods')).toContain('POST')
  expect(answer.headers.get('access-control-max-age')).toBe('600')
})

test('a preflight of a foreign origin gets no permission', async ({ server }) => {
  const answer = await server
    .client()
    .send(login, { method: 'OPTIONS', headers: { origin: 'https://evil.example' } })

  expect(answer.status).toBe(204)
  expect(answer.headers.get('access-control-allow-origin')).toBe(null)
})

test('every refusal to an allowed origin can be read by it', async ({ server }) => {
  const client = server.client()
  const headers = { origin: 'https://app.example.com' }
  const refusals = [
    await client.send('/api/auth/me', { headers }),
    await client.send('/api/nothing', { headers }),
    await client.send(login, { method: 'PUT', headers }),
    await client.send(login, { body: '{', headers: { ...headers, ...json } }),
    await client.send(login, { body: 'x', headers: { ...headers, 'content-type': 'text/plain' } }),
    await client.send(login, { json: { email: 'x'.repeat(20_000) }, headers }),
  ]

  expect(refusals.map(({ status }) => status)).toEqual([401, 404, 405, 400, 415, 413])
  for (const refusal of refusals) {
    expect(refusal.headers.get('access-control-allow-origin')).toBe('https://app.example.com')
    expect(refusal.headers.get('access-control-expose-headers')).toContain('Retry-After')
  }
})

for (const host of ['evil.example', 'localhost', 'localhost:1', '127.0.0.1', 'localhost.evil.example']) {
  test(`a request for the host ${host} is misdirected`, async ({ server }) => {
    expect(await server.client().send('/api/auth/me', { headers: { host } })).toBeProblem(
      421,
      'misdirected_host',
    )
  })
}

test('two Authorization headers are one invalid token', async ({ server }) => {
  const client = server.client()
  await signIn(client)
  const headers = { authorization: `Bearer ${client.accessToken}, Bearer ${client.accessToken}` }

  expect(await server.client().send('/api/auth/me', { headers })).toBeProblem(401, 'invalid_token')
})

test('an Authorization header hides the cookie, whatever it holds', async ({ server }) => {
  const client = server.client()
  await signIn(client, 'cookie')

  const headers = { authorization: 'Bearer nonsense' }

  expect(await client.send('/api/auth/me', { headers })).toBeProblem(401, 'invalid_token')
})

test('two cookies of our name are no credential', async ({ server }) => {
  const client = server.client()
  await signIn(client, 'cookie')
  const [pair = ''] = [...client.cookies].map(([name, value]) => `${name}=${value}`)

  const answer = await server.client().send('/api/auth/me', { headers: { cookie: `${pair}; ${pair}` } })

  expect(answer).toBeProblem(401, 'unauthenticated')
})

test('a request id is taken over when it is harmless, and replaced when it is not', async ({ server }) => {
  const client = server.client()

  const kept = await client.send('/api/auth/me', { headers: { 'x-request-id': 'my-request.1234' } })
  const replaced = await client.send('/api/auth/me', { headers: { 'x-request-id': '<script>' } })

  expect(kept.body.request_id).toBe('my-request.1234')
  expect(replaced.headers.get('x-request-id')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/)
})
