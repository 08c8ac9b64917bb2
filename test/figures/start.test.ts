import { execFileSync } from 'node:child_process'
import { afterAll, expect, inject, test } from 'vitest'
import { freePort } from '#server/free-port.ts'
import { createTestDatabase } from '#test/support/database.ts'
import { metricsHeaders } from '#test/support/metrics-token.ts'
import {
  makeClone,
  type ProcessOptions,
  type ProcessServer,
  removeClone,
  startProcess,
  startServer,
  strictVariables,
  untilReady,
} from '#test/support/process-server.ts'

const clone = makeClone()
afterAll(() => removeClone(clone))

const figures = [
  { way: 'the server with pages', entry: ['dist/pages.mjs'], readyMsMax: 2_500, restMbMax: 250 },
  { way: 'the headless server', entry: ['dist/headless.mjs'], readyMsMax: 1_000, restMbMax: 120 },
]
/** The machine may be busy once, or twice. */
const rounds = 3

/** Resident memory, in millions of bytes. */
function memoryMb({ process: child }: ProcessServer): number {
  const kibibytes = Number(execFileSync('ps', ['-o', 'rss=', '-p', String(child.pid)]).toString())
  return (kibibytes * 1024) / 1e6
}

async function measure(options: ProcessOptions): Promise<{ readyMs: number; restMb: number }> {
  const startedMs = performance.now()
  const server = startProcess(options)
  await untilReady(server)
  const readyMs = performance.now() - startedMs
  // What is loaded at the first use is there when it rests.
  for (const path of ['/', '/login', '/account', '/api/auth/me']) await fetch(`${server.url}${path}`)
  await fetch(`${server.url}/metrics`, { headers: metricsHeaders })
  const restMb = memoryMb(server)
  await server.stop('SIGINT')
  return { readyMs, restMb }
}

for (const { way, entry, readyMsMax, restMbMax } of figures) {
  test(`${way}, built and on a migrated database, is ready within ${readyMsMax} ms and rests on less than ${restMbMax} MB`, async () => {
    const { url } = await createTestDatabase(inject('databaseServerUrl'))
    const options = { clone, entry, variables: strictVariables(url, await freePort()) }
    await (await startServer(options)).stop('SIGINT')

    const seen = []
    for (let round = 0; round < rounds; round++) seen.push(await measure(options))

    expect(Math.min(...seen.map(({ readyMs }) => readyMs)), JSON.stringify(seen)).toBeLessThan(readyMsMax)
    expect(Math.min(...seen.map(({ restMb }) => restMb)), JSON.stringify(seen)).toBeLessThan(restMbMax)
  })
}
