import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { afterAll, expect, inject, test } from 'vitest'
import { freePort } from '#server/free-port.ts'
import { newAccount } from '#test/support/api-client.ts'
import { createTestDatabase } from '#test/support/database.ts'
import { makeClone, removeClone, startServer, strictVariables, until } from '#test/support/process-server.ts'

const clone = makeClone()
const started: ChildProcess[] = []
afterAll(() => {
  for (const child of started) child.kill('SIGKILL')
  removeClone(clone)
})

/** The system's Redis; the distribution's package when there is none and we may install it. */
function redisCommand(): string {
  const find = () => spawnSync('which', ['redis-server'], { encoding: 'utf8' }).stdout.trim()
  if (find() === '' && process.getuid?.() === 0) {
    spawnSync('apt-get', ['update'], { stdio: 'ignore' })
    spawnSync('apt-get', ['install', '--yes', '--no-install-recommends', 'redis-server'], {
      stdio: 'ignore',
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    })
  }
  if (find() === '') throw new Error('This test needs redis-server. Install it.')
  return find()
}

test('with Redis the windows are shared by all processes there, and without it each goes on counting', async () => {
  const redisPort = await freePort()
  const redis = spawn(redisCommand(), ['--port', String(redisPort), '--save', '', '--bind', '127.0.0.1'])
  started.push(redis)
  const database = await createTestDatabase(inject('databaseServerUrl'))
  const servers = await Promise.all(
    [1, 2].map(async () => {
      const variables = strictVariables(database.url, await freePort())
      return startServer({ clone, variables: { ...variables, REDIS_URL: `redis://127.0.0.1:${redisPort}` } })
    }),
  )
  const [first, second] = servers
  if (!first || !second) throw new Error('two servers were started')
  const { email } = newAccount()
  const tryAll = async (address: string, count: number) => {
    const statuses = []
    for (let index = 0; index < count; index++) {
      const server = index % 2 ? first : second
      statuses.push((await server.client({ address }).register({ email })).status)
    }
    return statuses
  }

  const withRedis = await tryAll('10.99.0.1', 12)
  const rows = await database.sql("SELECT key FROM limiter WHERE key LIKE 'registration%'")
  redis.kill('SIGKILL')
  await until(
    () => redis.exitCode !== null || redis.signalCode !== null,
    5_000,
    () => 'redis still runs',
  )
  const withoutRedis = await tryAll('10.99.0.2', 24)
  await Promise.all(servers.map((server) => server.stop()))

  expect(withRedis.slice(10)).toEqual([429, 429])
  expect(withRedis.slice(0, 10)).not.toContain(429)
  expect(rows).toEqual([])
  // Ten in each of the two processes, and not one more.
  expect(withoutRedis.filter((status) => status !== 429)).toHaveLength(20)
  for (const server of servers) expect(server.output()).toContain('"event":"redis_error"')
})
