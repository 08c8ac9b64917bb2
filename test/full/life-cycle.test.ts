import { connect } from 'node:net'
import bcrypt from 'bcryptjs'
import { afterAll, expect, inject, test } from 'vitest'
import { freePort } from '#server/free-port.ts'
import { signIn } from '#test/support/api-client.ts'
import { createTestDatabase, type TestDatabase } from '#test/support/database.ts'
import {
  makeClone,
  metricOf,
  removeClone,
  startServer,
  strictVariables,
  until,
} from '#test/support/process-server.ts'

const clone = makeClone()
afterAll(() => removeClone(clone))

async function startOwn() {
  const database = await createTestDatabase(inject('databaseServerUrl'))
  const server = await startServer({ clone, variables: strictVariables(database.url, await freePort()) })
  return { server, database }
}

/** Gives every account a hash that takes long to verify: half a second and more. */
async function plantSlowHash(database: TestDatabase, password: string): Promise<void> {
  await database.sql('UPDATE password_credentials SET password_hash = $1', [bcrypt.hashSync(password, 13)])
}

test('on SIGTERM readiness says 503 first, nothing under way fails, and the process leaves with 0 within 15 s', async () => {
  const { server } = await startOwn()
  const client = server.client()
  const account = await signIn(client)
  const outcomes: number[] = []
  let isReady = true
  // As a load balancer sends: until it has seen readiness fail. What it sent by then must be answered.
  const load = Array.from({ length: 8 }, async (_, worker) => {
    while (isReady) outcomes.push((await (worker < 6 ? client.me() : server.client().login(account))).status)
  })
  await until(
    () => outcomes.length > 50,
    10_000,
    () => 'no load',
  )

  const stopping = server.stop('SIGTERM')
  await until(
    async () => (await fetch(`${server.url}/api/health/ready`)).status === 503,
    900,
    () => 'still ready',
  )
  const live = await fetch(`${server.url}/api/health/live`)
  isReady = false
  await Promise.all(load)
  const { code, ms } = await stopping

  expect(live.status).toBe(200)
  expect(code).toBe(0)
  expect(ms).toBeLessThan(15_000)
  expect(new Set(outcomes)).toEqual(new Set([200]))
  expect(server.output()).toContain('"event":"stopped"')
})

test('a sign-in that is being hashed when the listener closes is still answered', async () => {
  const { server, database } = await startOwn()
  const account = await signIn(server.client())
  await plantSlowHash(database, account.password)
  const signingIn = Array.from({ length: 4 }, () => server.client().login(account))
  await until(
    async () => (await metricOf(server, 'password_hash_waiting')) === 2,
    2_000,
    () => 'no hash runs',
  )

  const { code } = await server.stop('SIGINT')

  expect((await Promise.all(signingIn)).map((answer) => answer.status)).toEqual([200, 200, 200, 200])
  expect(code).toBe(0)
})

test('a request whose headers never end is cut after 10 s, and one whose body never ends after 30 s', async () => {
  const { server } = await startOwn()
  const { port } = new URL(server.url)
  const msUntilClosed = (text: string) =>
    new Promise<number>((resolve) => {
      const startedMs = performance.now()
      const socket = connect(Number(port), '127.0.0.1', () => socket.write(text))
      socket.on('error', () => {})
      socket.on('close', () => resolve(performance.now() - startedMs))
      socket.resume()
    })

  const [headers, body] = await Promise.all([
    msUntilClosed('POST /api/auth/login HTTP/1.1\r\nHost: localhost\r\nX-Slow: '),
    msUntilClosed(
      `POST /api/auth/login HTTP/1.1\r\nHost: localhost:${port}\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{`,
    ),
  ])
  await server.stop()

  expect(headers).toBeGreaterThan(9_000)
  expect(headers).toBeLessThan(13_000)
  expect(body).toBeGreaterThan(28_000)
  expect(body).toBeLessThan(34_000)
})

test('a bcrypt hash is verified off the event loop, and replaced by argon2id at the sign-in', async () => {
  const { server, database } = await startOwn()
  const client = server.client()
  const { account } = await client.register()
  await plantSlowHash(database, account.password)

  const signingIn = client.login(account)
  await until(
    async () => (await metricOf(server, 'password_hash_running')) > 0,
    5_000,
    () => 'no hash runs',
  )
  const startedMs = performance.now()
  await fetch(`${server.url}/api/health/live`)
  const liveMs = performance.now() - startedMs
  const answer = await signingIn
  const [stored] = await database.sql<{ password_hash: string }>(
    'SELECT password_hash FROM password_credentials',
  )
  await server.stop()

  expect(answer.status).toBe(200)
  expect(liveMs).toBeLessThan(150)
  expect(stored?.password_hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
})
