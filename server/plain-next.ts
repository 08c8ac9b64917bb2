import nextEnv from '@next/env'
import { declarePeersNoted } from '#lib/http/next-peer.ts'
import { declareOwnServer } from '#lib/http/own-server.ts'
import { createRuntime } from '#lib/runtime/create-runtime.ts'
import { hasRuntime, shareRuntime } from '#lib/runtime/process-runtime.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import { announce } from './announce.ts'
import { listenBeforeNext } from './before-next.ts'
import { untilAnswered } from './connections.ts'
import { plainNextListener } from './plain-next-listener.ts'
import { type Preparation, prepare } from './prepare.ts'
import { startDatabase } from './start-database.ts'
import { startJobs } from './start-jobs.ts'
import { configurationExitCode, isStartRefusal } from './start-refusal.ts'

/** Makes the runtime of a process that Next runs, once, also under hot reload. */
export async function startPlainNext(isDevelopment: boolean): Promise<void> {
  if (hasRuntime()) return
  const starting = start()
  shareRuntime(starting)
  listenBeforeNext(
    starting.then((runtime) => plainNextListener(runtime, isDevelopment)),
    isDevelopment,
  )
  declarePeersNoted()
  declareOwnServer()
  try {
    await starting
  } catch (error) {
    giveUp(error)
  }
}

async function start(): Promise<Runtime> {
  const root = process.cwd()
  // Next has read `.env` by now, and expanded it; what was set before it did is kept aside.
  const preparation = await prepare(root, nextEnv.initialEnv)
  const runtime = await createRuntime(preparation.config)
  const stopOnce = () => void stop(runtime, preparation.release)
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, stopOnce)
  // Requests are answered meanwhile: 503 until the database is there.
  void becomeReady(root, preparation, runtime)
  return runtime
}

async function becomeReady(root: string, preparation: Preparation, runtime: Runtime): Promise<void> {
  try {
    const migrations = await startDatabase(
      runtime,
      `${root}/db/migrations`,
      () => runtime.phase === 'stopping',
    )
    if (runtime.phase === 'starting')
      await announce(preparation, runtime, { root, migrations, hasPages: true, workers: 1 })
    if (runtime.phase === 'serving') startJobs(runtime)
  } catch (error) {
    // What was under way for the start has lost its database to the stop.
    if (runtime.phase !== 'stopping') giveUp(error)
  }
}

function giveUp(error: unknown): never {
  if (!isStartRefusal(error)) throw error
  process.stderr.write(`\n${error.message}\n\n`)
  process.exit(configurationExitCode)
}

const answerMsMax = 10_000

/** Next drains its own server and ends the process; this is what hangs on it. */
async function stop(runtime: Runtime, release: () => Promise<void>): Promise<void> {
  runtime.phase = 'stopping'
  await untilAnswered(answerMsMax)
  // Next ends the process within milliseconds, and jobs take longer to stop: the database has to hear of it before. A
  // message that is cut is sent when its lease has run out.
  await runtime.touches.flush().catch(() => {})
  await Promise.all([runtime.close(), release()])
}
