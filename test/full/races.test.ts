import { afterAll, beforeAll, describe, inject, test } from 'vitest'
import { createTestDatabase } from '#test/support/database.ts'
import { startDeployment } from '#test/support/deployment.ts'
import { makeClone, type ProcessServer, removeClone } from '#test/support/process-server.ts'
import { races } from '#test/support/races.ts'

const clone = makeClone()
const processes: ProcessServer[] = []

beforeAll(async () => {
  const { url } = await createTestDatabase(inject('databaseServerUrl'))
  processes.push(...(await startDeployment(2, { clone, databaseUrl: url })))
})

afterAll(async () => {
  for (const one of processes) await one.stop()
  removeClone(clone)
})

const rounds = 100

describe.each([2, 10, 50])('two processes, %i at once, a hundred rounds', (contenders) => {
  test.each(Object.entries(races))('%s', async (name, race) => {
    const startedMs = performance.now()
    for (let round = 0; round < rounds; round += 1) await race(processes, contenders)
    const seconds = (performance.now() - startedMs) / 1000
    console.log(`${name}: ${rounds} rounds of ${contenders}, ${seconds.toFixed(1)} s`)
  })
})
