import { randomBytes } from 'node:crypto'
import { afterAll, expect, inject, test } from 'vitest'
import { contracts } from '#lib/contracts.ts'
import { freePort } from '#server/free-port.ts'
import { newAccount } from '#test/support/api-client.ts'
import type { TestAnswer } from '#test/support/check-answer.ts'
import { createTestDatabase, type TestDatabase } from '#test/support/database.ts'
import { metricsToken as usualMetricsToken } from '#test/support/metrics-token.ts'
import {
  makeClone,
  type ProcessServer,
  removeClone,
  startServer,
  strictVariables,
} from '#test/support/process-server.ts'

const clone = makeClone()
afterAll(() => removeClone(clone))

/** A secret that occurs nowhere by chance. */
const canary = (what: string) => `canary-${what}-${randomBytes(8).toString('hex')}`

async function readMetrics({ url }: ProcessServer, token: string): Promise<string> {
  const answer = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } })
  expect(answer.status).toBe(200)
  return answer.text()
}

/** Where a secret must never turn up. */
async function evidence(
  server: ProcessServer,
  database: TestDatabase,
  { refusals, metricsToken }: { refusals: readonly TestAnswer[]; metricsToken: string },
) {
  const tables = await database.sql<{ name: string }>(
    "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname IN ('public', 'drizzle')",
  )
  const dump = []
  for (const { name } of tables) {
    const rows = await database.sql<{ text: string }>(`SELECT row_to_json(t)::text AS text FROM ${name} t`)
    dump.push(...rows.map((row) => row.text))
  }
  const logLines = server.output().split('\n')
  return {
    // The start screen shows the set-up key on purpose; log lines are JSON.
    logs: logLines.filter((line) => line.startsWith('{')).join('\n'),
    'database dump': dump.join('\n'),
    metrics: await readMetrics(server, metricsToken),
    'error bodies': refusals.map((answer) => answer.text).join('\n'),
  }
}

test('no secret shows in logs, database, metrics or error bodies, whatever operation it is sent to', async () => {
  const database = await createTestDatabase(inject('databaseServerUrl'))
  const authSecret = `${canary('auth-secret')} and some more of it`
  const metricsToken = canary('metrics-token')
  const variables = {
    ...strictVariables(database.url, await freePort()),
    AUTH_SECRET: authSecret,
    METRICS_TOKEN: metricsToken,
    LOG_LEVEL: 'debug',
  }
  const server = await startServer({ clone, variables })
  const refusals: TestAnswer[] = []
  const secrets = new Set([authSecret, metricsToken])
  const setupKey = /"token":"([^"]+)"/.exec(server.output())?.[1] ?? ''
  secrets.add(setupKey)

  const account = { ...newAccount(), password: canary('password') }
  const client = server.client()
  await client.register(account)
  for (const transport of ['bearer', 'cookie'] as const) await client.login({ ...account, transport })
  for (const token of [client.accessToken, client.refreshToken, ...client.cookies.values()])
    secrets.add(token ?? '')
  await client.refresh()
  for (const token of [client.accessToken, client.refreshToken]) secrets.add(token ?? '')
  const newPassword = canary('new-password')
  await client.send('/api/auth/change-password', {
    json: { current_password: account.password, new_password: newPassword },
  })
  const administrator = { ...newAccount(), password: canary('administrator') }
  await client.send('/api/setup', { json: { token: setupKey, ...administrator } })
  for (const secret of [account.password, newPassword, administrator.password]) secrets.add(secret)

  for (const contract of contracts) {
    for (const request of poisoned(
      contract.path.replace(/\{.*\}/, '01a203f5-bd26-7214-9f8b-658b824742ea'),
      secrets,
    )) {
      const { path, ...options } = request
      if (contract.method === 'GET' && 'body' in options) continue
      const answer = await server.client().send(path, { ...options, method: contract.method })
      if (answer.status >= 400) refusals.push(answer)
    }
  }
  const found = await evidence(server, database, { refusals, metricsToken })
  await server.stop()

  expect(refusals.length).toBeGreaterThan(40)
  for (const [place, text] of Object.entries(found)) {
    for (const secret of secrets) expect(text.includes(secret), `${secret} is in the ${place}`).toBe(false)
  }
})

/** Requests that carry a fresh secret wherever a careless log could pick it up. */
function* poisoned(path: string, secrets: Set<string>) {
  const plant = (what: string) => {
    const secret = canary(what)
    secrets.add(secret)
    return secret
  }
  const account = newAccount()
  yield {
    path: `${path}?access_token=${plant('query')}`,
    headers: { authorization: `Bearer ${plant('bearer')}` },
  }
  if (path === '/metrics') return
  yield { path, headers: { cookie: `session=${plant('cookie')}; __Host-session=${plant('cookie')}` } }
  yield { path, headers: { authorization: `Basic ${plant('basic')}` } }
  const bodies = [
    `{"password": "${plant('malformed')}`,
    JSON.stringify({
      password: [plant('type')],
      token: { a: plant('type') },
      refresh_token: 1,
      unknown: plant('field'),
    }),
    JSON.stringify({
      ...account,
      password: plant('password'),
      token: plant('token'),
      refresh_token: plant('refresh'),
      current_password: plant('current'),
      new_password: plant('new'),
    }),
    JSON.stringify({ email: `x@y.z\u0000${plant('nul')}`, password: plant('nul') }),
  ]
  for (const body of bodies) yield { path, body }
}

test('the search finds what is planted on purpose', async () => {
  const database = await createTestDatabase(inject('databaseServerUrl'))
  const server = await startServer({ clone, variables: strictVariables(database.url, await freePort()) })
  const planted = canary('on-purpose').slice(0, 30)
  const client = server.client()
  await client.register({ username: planted })
  const refusal = await client.send('/api/auth/me', { headers: { 'x-request-id': planted } })

  const found = await evidence(server, database, {
    refusals: [refusal],
    metricsToken: usualMetricsToken,
  })
  await server.stop()

  expect(found['database dump']).toContain(planted)
  expect(found.logs).toContain(planted)
  expect(found['error bodies']).toContain(planted)
  // No label of a metric can be chosen by a client; that the text is there is all that can be shown.
  expect(found.metrics).toContain('http_server_request_duration_seconds_bucket')
})
