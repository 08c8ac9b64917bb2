import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import { freePort } from '#server/free-port.ts'
import { signIn } from '#test/support/api-client.ts'
import { createTestDatabase } from '#test/support/database.ts'
import { metricsToken } from '#test/support/metrics-token.ts'
import {
  exitOf,
  makeClone,
  type ProcessServer,
  removeClone,
  startProcess,
  startServer,
  strictVariables,
  until,
} from '#test/support/process-server.ts'

const clone = makeClone()
afterAll(() => removeClone(clone))

async function startTwo(variables: Record<string, string> = {}): Promise<ProcessServer> {
  const database = await createTestDatabase(inject('databaseServerUrl'))
  const own = { ...strictVariables(database.url, await freePort()), WORKERS: '2', ...variables }
  const server = await startServer({ clone, variables: own })
  onTestFinished(async () => {
    if (server.process.signalCode === null) await server.stop()
  })
  await until(
    () => workersOf(server).length === 2 && server.output().includes('Workers   2 processes'),
    10_000,
    () => `not two workers: ${server.output()}`,
  )
  return server
}

interface LoggedWorker {
  worker: number
  pid: number
}

/** The processes that have begun to serve so far, in that order, as the log tells them. */
function servedBy({ output }: ProcessServer): LoggedWorker[] {
  return output()
    .split('\n')
    .filter((line) => line.includes('"event":"worker_serving"'))
    .map((line) => JSON.parse(line))
}

function workersOf(server: ProcessServer): LoggedWorker[] {
  return servedBy(server).filter(({ pid }) => isRunning(pid))
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    // One that has ended but was not waited for yet is there too.
    return !/^State:\s+Z/m.test(execFileSync('cat', [`/proc/${pid}/status`], { encoding: 'utf8' }))
  } catch {
    return false
  }
}

/** Over a connection of its own, which the primary gives to one of the workers. */
function sendAnew({ url }: ProcessServer, path: string, token?: string) {
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const headers = token ? { authorization: `Bearer ${token}` } : {}
    const outgoing = request(`${url}${path}`, { agent: false, headers }, (incoming) => {
      const chunks: Buffer[] = []
      incoming.on('data', (chunk) => chunks.push(chunk))
      incoming.on('error', reject)
      incoming.on('end', () =>
        resolve({ status: incoming.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
      )
    })
    outgoing.on('error', reject)
    outgoing.end()
  })
}

async function metricsOf(server: ProcessServer): Promise<string> {
  return (await sendAnew(server, '/metrics', metricsToken)).text
}

/** For each worker the number of requests that it answered on this path. */
async function answeredByEach(server: ProcessServer, route: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  const pattern = new RegExp(
    `^http_server_request_duration_seconds_count\\{.*route="${route}".*worker="(\\d)"\\} (\\d+)$`,
    'gm',
  )
  for (const [, worker = '', count] of (await metricsOf(server)).matchAll(pattern))
    counts[worker] = (counts[worker] ?? 0) + Number(count)
  return counts
}

describe('two processes on one port', () => {
  test('refuse a session at once that was ended on one of them: 60 sign-outs, over fresh connections', async () => {
    const server = await startTwo()
    const account = await signIn(server.client())
    const latestYesMs: number[] = []
    let checks = 0
    for (let n = 0; n < 60; n += 1) {
      const client = server.client()
      await client.login(account)
      const token = client.accessToken ?? ''
      const check = async () => (await sendAnew(server, '/api/auth/me', token)).status
      // Both remember it.
      expect(new Set(await Promise.all(Array.from({ length: 8 }, check)))).toEqual(new Set([200]))
      expect((await client.logout()).status).toBe(200)
      const endedMs = performance.now()
      let latestMs = 0
      for (let refusals = 0; refusals < 20; checks += 1) {
        const sentMs = performance.now() - endedMs
        const status = await check()
        refusals = status === 401 ? refusals + 1 : 0
        if (status !== 401) latestMs = sentMs
        expect(sentMs).toBeLessThan(3000)
      }
      latestYesMs.push(latestMs)
    }

    const worstMs = Math.max(...latestYesMs)
    console.info(`60 sign-outs, ${checks} checks, latest stale yes ${worstMs.toFixed(1)} ms after the 200`)
    expect(checks).toBeGreaterThanOrEqual(1200)
    expect(worstMs).toBeLessThan(1000)
    const answered = await answeredByEach(server, '/api/auth/me')
    expect(answered['1']).toBeGreaterThan(500)
    expect(answered['2']).toBeGreaterThan(500)
  })

  test('a scrape shows both, each metric once, with the worker as a label', async () => {
    const server = await startTwo()
    const text = await metricsOf(server)

    for (const name of ['live_view_proven', 'process_start_time_seconds', 'db_pool_connections']) {
      expect(text.match(new RegExp(`^# TYPE ${name} `, 'gm')), name).toHaveLength(1)
      expect(text, name).toMatch(new RegExp(`^${name}\\{worker="1"\\} \\d`, 'm'))
      expect(text, name).toMatch(new RegExp(`^${name}\\{worker="2"\\} \\d`, 'm'))
    }
    expect(text).toMatch(/^live_view_proven\{worker="1"\} 1$/m)
    expect(text).toMatch(/^live_view_proven\{worker="2"\} 1$/m)
  })

  test('one that hangs hides the metrics of no other, and takes no further connections', async () => {
    const server = await startTwo()
    const [first, second] = workersOf(server)
    if (!first || !second) throw new Error('no worker')
    process.kill(first.pid, 'SIGSTOP')
    onTestFinished(() => void process.kill(first.pid, 'SIGCONT'))
    // The first of these may be given to it.
    const tries = Array.from({ length: 2 }, () => metricsOf(server))

    const text = await Promise.any(tries)

    expect(text).toContain(`live_view_proven{worker="${second.worker}"} 1`)
    expect(text).not.toContain(`worker="${first.worker}"`)
    for (let n = 0; n < 20; n += 1) expect((await sendAnew(server, '/api/health/ready')).status).toBe(200)
    process.kill(first.pid, 'SIGCONT')
    await Promise.all(tries)
  })
})

describe('a worker that dies', () => {
  test('is followed by another one of its number, and until then the rest answers, never 503', async () => {
    const server = await startTwo()
    const client = server.client()
    await signIn(client)
    const [first] = workersOf(server)
    if (!first) throw new Error('no worker')
    process.kill(first.pid, 'SIGKILL')
    await until(
      () => server.output().includes('"event":"worker_left"'),
      5000,
      () => 'nobody noticed',
    )
    const statuses = new Set<number>()
    await until(
      async () => {
        statuses.add((await sendAnew(server, '/api/auth/me', client.accessToken ?? '')).status)
        return servedBy(server).length === 3
      },
      20_000,
      () => server.output(),
    )
    for (let n = 0; n < 20; n += 1)
      statuses.add((await sendAnew(server, '/api/auth/me', client.accessToken ?? '')).status)

    expect([...statuses]).toEqual([200])
    expect(servedBy(server).at(-1)?.worker).toBe(first.worker)
    expect(Object.keys(await answeredByEach(server, '/api/auth/me'))).toEqual(['1', '2'])
  })

  test('that keeps dying is followed ever later', async () => {
    const server = await startTwo()
    for (let deaths = 1; deaths <= 3; deaths += 1) {
      const victim = workersOf(server).find(({ worker }) => worker === 2)
      if (!victim) throw new Error('no worker')
      process.kill(victim.pid, 'SIGKILL')
      await until(
        () => servedBy(server).length === 2 + deaths,
        20_000,
        () => server.output(),
      )
    }

    const delays = server
      .output()
      .split('\n')
      .filter((line) => line.includes('"event":"worker_left"'))
      .map((line) => JSON.parse(line).delay_ms)
    expect(delays).toEqual([200, 400, 800])
  })

  test('when the primary itself is killed none stays', async () => {
    const server = await startTwo()
    const pids = workersOf(server).map(({ pid }) => pid)

    await server.stop('SIGKILL')

    await until(
      () => !pids.some(isRunning),
      5000,
      () => 'workers stayed',
    )
  })
})

describe('when it is told to stop', () => {
  test('readiness says 503 first, nothing under way fails, and all leave with 0 within 15 s', async () => {
    const server = await startTwo({ SHUTDOWN_DELAY_SECONDS: '4' })
    const client = server.client()
    const account = await signIn(client)
    const outcomes: number[] = []
    let isReady = true
    const load = Array.from({ length: 10 }, async (_, n) => {
      while (isReady) {
        if (n < 4) outcomes.push((await client.me()).status)
        else if (n < 8)
          outcomes.push((await sendAnew(server, '/api/auth/me', client.accessToken ?? '')).status)
        else outcomes.push((await server.client().login(account)).status)
      }
    })
    await until(
      () => outcomes.length > 100,
      10_000,
      () => 'no load',
    )
    const pids = workersOf(server).map(({ pid }) => pid)

    const stopping = server.stop('SIGTERM')
    await until(
      async () => (await sendAnew(server, '/api/health/ready')).status === 503,
      3000,
      () => 'still ready',
    )
    isReady = false
    await Promise.all(load)
    const { code, ms } = await stopping

    expect(code).toBe(0)
    expect(ms).toBeLessThan(15_000)
    expect([...new Set(outcomes)]).toEqual([200])
    expect(server.output().match(/"event":"stopped"/g)).toHaveLength(3)
    expect(pids.some(isRunning)).toBe(false)
  })

  test('the same when a supervisor, or the terminal, tells every process at once', async () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const server = await startTwo()
      for (const { pid } of workersOf(server)) process.kill(pid, signal)

      expect((await server.stop(signal)).code).toBe(0)
      expect(server.output()).not.toContain('"event":"worker_left"')
    }
  })

  test('also while its workers are still loading', async () => {
    const database = await createTestDatabase(inject('databaseServerUrl'))
    for (const wait of [150, 300, 450, 600]) {
      const variables = { ...strictVariables(database.url, await freePort()), WORKERS: '2' }
      const server = startProcess({ clone, variables })
      await pause(wait)
      const { code } = await server.stop()

      // Before the primary itself hears signals, it is ended by this one.
      expect([0, null], `${wait} ms: ${server.output()}`).toContain(code)
    }
  })

  test('also while it still waits for its database, and answers liveness until then', async () => {
    const port = await freePort()
    const nobody = `postgresql://nobody:nothing@127.0.0.1:${await freePort()}/nowhere`
    const server = startProcess({ clone, variables: { ...strictVariables(nobody, port), WORKERS: '2' } })
    await until(
      async () => (await sendAnew(server, '/api/health/live').catch(() => null))?.status === 200,
      10_000,
      () => server.output(),
    )
    expect((await sendAnew(server, '/api/health/ready')).status).toBe(503)

    const { code, ms } = await server.stop()

    expect(code).toBe(0)
    expect(ms).toBeLessThan(15_000)
  })
})

describe('a start that cannot be', () => {
  test('is refused once, with the sentence and code 78, when the port is taken', async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void taken.close())
    const { port } = taken.address() as { port: number }
    const database = await createTestDatabase(inject('databaseServerUrl'))
    const server = startProcess({
      clone,
      variables: { ...strictVariables(database.url, port), WORKERS: '2' },
    })

    expect(await exitOf(server.process)).toBe(78)
    expect(server.output().match(/^Port \d+ on 127\.0\.0\.1 is taken by another program\./gm)).toHaveLength(1)
  })

  test('is refused when a setting is wrong, before any worker is started', async () => {
    const server = startProcess({
      clone,
      variables: { ...strictVariables('postgresql://localhost/any', 1), WORKERS: 'many' },
    })

    expect(await exitOf(server.process)).toBe(78)
    expect(server.output()).toContain('WORKERS "many" is neither auto nor a whole number from 1 to 64')
  })
})

test('a trial has its database and its secrets once, for both, and takes them along when it stops', async () => {
  const own = makeClone()
  onTestFinished(() => removeClone(own))
  const variables = { PORT: String(await freePort()), WORKERS: '2', SHUTDOWN_DELAY_SECONDS: '0' }
  const start = async () => {
    const server = await startServer({ clone: own, variables })
    await until(
      () => servedBy(server).length === 2,
      10_000,
      () => server.output(),
    )
    return server
  }
  const server = await start()
  const client = server.client({ address: null })
  const account = await signIn(client)
  for (let n = 0; n < 8; n += 1)
    expect((await sendAnew(server, '/api/auth/me', client.accessToken ?? '')).status).toBe(200)
  expect(server.output().match(/No administrator yet/g)).toHaveLength(1)

  const first = await server.stop()
  expect(first.code).toBe(0)
  expect(existsSync(`${own}/.data/server.pid`)).toBe(false)

  const again = await start()
  const anew = again.client({ address: null })
  expect((await anew.login(account)).status).toBe(200)
  expect((await client.refresh()).status).toBe(200)
  expect((await again.stop()).code).toBe(0)
})
