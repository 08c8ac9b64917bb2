import { afterAll, beforeAll, inject } from 'vitest'
import { createTestDatabase } from './database.ts'
import { startDeployment } from './deployment.ts'
import { makeClone, type ProcessServer, removeClone } from './process-server.ts'

/** Processes of one deployment for all tests of a file; there from the first test on. */
export function useDeployment(count: number): readonly ProcessServer[] {
  const clone = makeClone()
  const processes: ProcessServer[] = []
  beforeAll(async () => {
    const { url } = await createTestDatabase(inject('databaseServerUrl'))
    processes.push(...(await startDeployment(count, { clone, databaseUrl: url })))
  })
  afterAll(async () => {
    for (const one of processes) await one.stop()
    removeClone(clone)
  })
  return processes
}
