import { describe, expect, test } from 'vitest'
import { newAccount, signIn } from '#test/support/api-client.ts'
import { serverForThisTest, type TestServer, useServer } from '#test/support/harness.ts'

const server = useServer()
const [live, ready, metrics] = ['/api/health/live', '/api/health/ready', '/metrics']

/** Runs `work` while no statement that asks for the time gets an answer, as when the database hangs. */
function whileDatabaseHangs({ runtime }: TestServer, work: () => Promise<void>): Promise<void> {
  return runtime.database.transaction(async (transaction) => {
    await transaction.run({ name: '', text: 'LOCK TABLE test_clock', values: [] })
    await work()
  })
}

describe('liveness', () => {
  test('is 200 in every phase of the process, under any host name, without a query', async () => {
    const own = await serverForThisTest()
    for (const phase of ['starting', 'serving', 'stopping'] as const) {
      own.runtime.phase = phase
      const answer = await own.client().send(live, { headers: { host: '10.1.2.3' } })
      expect(answer.status, phase).toBe(200)
      expect(answer.body).toEqual({ status: 'ok' })
    }
  })

  test('HEAD is GET without the body', async () => {
    const answer = await server.client().send(live, { method: 'HEAD' })

    expect(answer.status).toBe(200)
    expect(answer.text).toBe('')
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
  })
})

describe('readiness', () => {
  test('is 200 while the process serves, under any host name', async () => {
    const answer = await server.client().send(ready, { headers: { host: '10.1.2.3' } })

    expect(answer.status).toBe(200)
    expect(answer.body).toEqual({ status: 'ok' })
  })

  test('is 503 while it starts and while it stops', async () => {
    const own = await serverForThisTest()
    for (const phase of ['starting', 'stopping'] as const) {
      own.runtime.phase = phase
      expect(await own.client().send(ready), phase).toBeProblem(503, 'unavailable')
    }
  })

  test('while it starts everything else is 503, while it stops requests are still answered and told to go elsewhere', async () => {
    const own = await serverForThisTest()
    own.runtime.phase = 'starting'
    expect(await own.client().me()).toBeProblem(503, 'unavailable')
    own.runtime.phase = 'stopping'
    const answer = await own.client().me()
    expect(answer).toBeProblem(401, 'unauthenticated')
    expect(answer.headers.get('connection')).toBe('close')
    own.runtime.phase = 'serving'
    expect((await own.client().me()).headers.has('connection')).toBe(false)
  })

  test('while the database hangs it is 503, like everything that needs it, and nobody is told 401; liveness stays 200', async () => {
    const own = await serverForThisTest()
    const client = own.client()
    await signIn(client)

    await whileDatabaseHangs(own, async () => {
      const answers = await Promise.all([client.send(ready), client.me(), client.refresh(), client.logout()])
      for (const answer of answers) expect(answer).toBeProblem(503, 'unavailable')
      expect((await client.send(live)).status).toBe(200)
    })

    for (const answer of [await client.send(ready), await client.me(), await client.refresh()]) {
      expect(answer.status).toBe(200)
    }
  })
})

describe('metrics', () => {
  const token = 'a-token-for-the-metrics'

  test('this machine reads them without a token, in the format of Prometheus', async () => {
    for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) {
      const answer = await server.client({ address }).send(metrics)
      expect(answer.status).toBe(200)
      expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
      expect(answer.text).toContain('http_server_request_duration_seconds_bucket')
    }
  })

  test('anybody else gets 404 while METRICS_TOKEN is not set, whatever token they bring', async () => {
    for (const headers of [
      {},
      { authorization: 'Bearer undefined' },
      { authorization: 'Bearer null' },
    ] as Record<string, string>[]) {
      expect(await server.client().send(metrics, { headers })).toBeProblem(404, 'not_found')
    }
  })

  test('a request that a proxy on this machine passed on is somebody else', async () => {
    const forwarded = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip']
    for (const name of forwarded) {
      const client = server.client({ address: '127.0.0.1' })
      expect(await client.send(metrics, { headers: { [name]: 'for=127.0.0.1' } }), name).toBeProblem(
        404,
        'not_found',
      )
    }
  })

  test.each(['1', '10.0.0.0/8', '127.0.0.1'])(
    'behind a proxy (TRUST_PROXY=%s) nobody is this machine: the proxy may be on it, and need not say so',
    async (trusted) => {
      const client = { address: '127.0.0.1' }
      const own = await serverForThisTest({ TRUST_PROXY: trusted })
      expect(await own.client(client).send(metrics)).toBeProblem(404, 'not_found')

      const beside = await serverForThisTest({ TRUST_PROXY: trusted, METRICS_TOKEN: token })
      expect(await beside.client(client).send(metrics)).toBeProblem(404, 'not_found')
      const headers = { authorization: `Bearer ${token}` }
      expect((await beside.client(client).send(metrics, { headers })).status).toBe(200)
    },
  )

  test('without a proxy (TRUST_PROXY=0) this machine reads them', async () => {
    const own = await serverForThisTest({ TRUST_PROXY: '0' })
    expect((await own.client({ address: '127.0.0.1' }).send(metrics)).status).toBe(200)
  })

  test('with METRICS_TOKEN that bearer token reads them from anywhere, and no other', async () => {
    const own = await serverForThisTest({ METRICS_TOKEN: token })
    const read = (authorization: string) => own.client().send(metrics, { headers: { authorization } })

    expect((await read(`Bearer ${token}`)).status).toBe(200)
    for (const wrong of ['Bearer x', `Bearer ${token}x`, `Basic ${token}`, token, '']) {
      expect(await read(wrong), wrong).toBeProblem(404, 'not_found')
    }
  })

  test('they name no account, address or path that was asked for', async () => {
    const own = await serverForThisTest()
    const account = newAccount()
    const client = own.client()
    await client.register(account)
    await client.login({ ...account, password: 'not the right one' })
    await client.send('/api/auth/sessions/not-an-id', { method: 'DELETE' })
    await client.send('/wp-login.php', { method: 'PROPFIND' })

    const { text } = await own.client({ address: '127.0.0.1' }).send(metrics)

    for (const word of [account.email, account.username, '10.', 'not-an-id', 'wp-login', 'PROPFIND']) {
      const samples = text.split('\n').filter((line) => line.includes('{') && !line.startsWith('#'))
      expect(samples.map((line) => line.slice(0, line.lastIndexOf('}'))).join('\n')).not.toContain(word)
    }
    expect(text).toMatch(/^auth_register_total\{outcome="created"\} 1$/m)
    expect(text).toMatch(/^auth_login_total\{outcome="invalid_credentials"\} 1$/m)
    expect(text).toMatch(/method="other",route="unmatched",status="404"/)
  })
})
