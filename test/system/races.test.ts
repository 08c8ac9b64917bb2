import { afterAll, beforeAll, expect, inject, test } from 'vitest'
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

/** `npm run test:full` runs more of them, with more contenders. */
const rounds = 5
const contenders = 10

test.each(Object.entries(races))('two processes, ten at once: %s', async (_, race) => {
  for (let round = 0; round < rounds; round += 1) await race(processes, contenders)
  expect(processes).toHaveLength(2)
})
