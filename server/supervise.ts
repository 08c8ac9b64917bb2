import { createRuntime } from '#lib/runtime/create-runtime.ts'
import { announce } from './announce.ts'
import { startCrew } from './cluster-primary.ts'
import type { Preparation } from './prepare.ts'
import { migrationsFolder, startDatabase } from './start-database.ts'
import type { Stop } from './stop.ts'

export interface SupervisionFacts {
  /** Of the clone. */
  root: string
  hasPages: boolean
  workers: number
}

/**
 * Runs the workers until it is told to stop. Does what one process has to do: it migrates, tells the person at the
 * terminal what runs where, follows a worker that died by another one, and passes the signal to stop on. It answers no
 * request itself.
 *
 * @returns true when all workers left with 0
 */
export async function supervise(
  preparation: Preparation,
  facts: SupervisionFacts,
  stop: Stop,
): Promise<boolean> {
  const { config, variables, supplies } = preparation
  // For the start only; the workers have a live view and the limits.
  const session = { ...config.session, liveViewSessions: null }
  const runtime = await createRuntime({ ...config, redisUrl: null, session })
  const { log } = runtime
  const crew = startCrew({ workers: facts.workers, variables, supplies, log })
  try {
    const migrations = await Promise.race([
      startDatabase(runtime, migrationsFolder(facts.root), stop.hasCome),
      crew.serving,
    ])
    crew.migrated()
    const port = await Promise.race([crew.serving, stop.signal])
    if (typeof port === 'number') await announce(preparation, runtime, { ...facts, migrations, port })
  } catch (error) {
    crew.abandon()
    throw error
  } finally {
    await runtime.close()
  }
  const signal = await stop.signal
  log.info({ event: 'stopping', signal, workers: facts.workers }, 'stopping')
  const isOk = await crew.leave(signal)
  log.info({ event: 'stopped' }, 'stopped')
  return isOk
}
