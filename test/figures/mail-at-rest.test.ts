import { execFileSync } from 'node:child_process'
import { afterAll, expect, inject, onTestFinished, test } from 'vitest'
import { freePort } from '#server/free-port.ts'
import { createTestDatabase, sql } from '#test/support/database.ts'
import { metricsHeaders } from '#test/support/metrics-token.ts'
import {
  makeClone,
  type ProcessServer,
  removeClone,
  startProcess,
  startServer,
  strictVariables,
  until,
  untilReady,
} from '#test/support/process-server.ts'
import { sinkVariables } from '#test/support/smtp-sink.ts'
import { startSink } from '#test/support/start-sink.ts'

const clone = makeClone()
afterAll(() => removeClone(clone))

const [readyMsMax, restMbMax] = [1_000, 120]

function memoryMb({ process: child }: ProcessServer): number {
  return (Number(execFileSync('ps', ['-o', 'rss=', '-p', String(child.pid)]).toString()) * 1024) / 1e6
}

async function listens(databaseUrl: string): Promise<boolean> {
  const rows = await sql(
    databaseUrl,
    "SELECT 1 FROM pg_stat_activity WHERE query ILIKE 'LISTEN%jobs:insert%'",
  )
  return rows.length > 0
}

/** Tells of each module that is loaded, on standard error. */
const loader = `data:text/javascript,${encodeURIComponent(`
  import { register } from 'node:module'
  register('data:text/javascript,' + encodeURIComponent(\`
    import { writeSync } from 'node:fs'
    export async function load(url, context, next) { writeSync(2, 'loaded ' + url + '\\\\n'); return next(url, context) }
  \`))
`)}`

test('the headless server loads React at its first message, and neither before it nor while it looks for jobs', async () => {
  const sink = await startSink()
  const { url } = await createTestDatabase(inject('databaseServerUrl'))
  const variables = { ...strictVariables(url, await freePort()), ...sinkVariables(sink) }
  const entry = ['--import', loader, 'dist/headless.mjs']
  const server = await startServer({ clone, variables, entry })
  onTestFinished(() => void server.stop('SIGINT'))
  const hasLoaded = (name: string) => server.output().includes(`/node_modules/${name}/`)
  await until(
    () => hasLoaded('graphile-worker'),
    10_000,
    () => server.output(),
  )
  for (const path of ['/api/auth/me', '/metrics', '/api/health/ready'])
    await fetch(`${server.url}${path}`, { headers: metricsHeaders })
  expect(hasLoaded('react-email') || hasLoaded('react') || hasLoaded('nodemailer')).toBe(false)

  await server.client().register()
  await until(
    () => sink.mails.length === 1,
    20_000,
    () => server.output(),
  )

  expect(hasLoaded('react-email')).toBe(true)
})

test(`the headless server with mail set up is ready within ${readyMsMax} ms and rests on less than ${restMbMax} MB`, async () => {
  const sink = await startSink()
  const { url } = await createTestDatabase(inject('databaseServerUrl'))
  const variables = { ...strictVariables(url, await freePort()), ...sinkVariables(sink) }
  const seen: { readyMs: number; restMb: number }[] = []

  for (let round = 0; round < 3; round += 1) {
    const startedMs = performance.now()
    const server = startProcess({ clone, variables })
    await untilReady(server)
    const readyMs = performance.now() - startedMs
    await fetch(`${server.url}/api/auth/me`)
    await fetch(`${server.url}/metrics`, { headers: metricsHeaders })
    // The listener of the jobs is the last that comes up.
    await until(
      () => listens(url),
      5_000,
      () => 'no listener of jobs',
    )
    seen.push({ readyMs, restMb: memoryMb(server) })
    await server.stop('SIGINT')
  }

  expect(Math.min(...seen.map(({ readyMs }) => readyMs)), JSON.stringify(seen)).toBeLessThan(readyMsMax)
  expect(Math.min(...seen.map(({ restMb }) => restMb)), JSON.stringify(seen)).toBeLessThan(restMbMax)
})
