import { setTimeout as pause } from 'node:timers/promises'
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
  const end: End = { stopping: null }
  const starting = start(end)
  shareRuntime(starting)
  listenBeforeNext(
    starting.then((runtime) => plainNextListener(runtime, isDevelopment)),
    { takesUpgrades: isDevelopment, stopping: () => end.stopping },
  )
  declarePeersNoted()
  declareOwnServer()
  try {
    await starting
  } catch (error) {
    giveUp(error)
  }
}

/** What is under way once the process was told to end; never rejects. */
interface End {
  stopping: Promise<void> | null
}

async function start(end: End): Promise<Runtime> {
  const root = process.cwd()
  // Next has read `.env` by now, and expanded it; what was set before it did is kept aside.
  const preparation = await prepare(root, nextEnv.initialEnv)
  const runtime = await createRuntime(preparation.config)
  const stopOnce = () => {
    end.stopping ??= stop(runtime, preparation.release)
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stopOnce)
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

const answerMsMax = 8000
/** As on our own server: a supervisor that waits 15 s sees the process leave by itself. */
const stopBudgetMs = 13_000

/** Next drains its own server; this is what hangs on the process. */
async function stop(runtime: Runtime, release: () => Promise<void>): Promise<void> {
  runtime.phase = 'stopping'
  runtime.log.info({ event: 'stopping' }, 'stopping')
  const end = async () => {
    await untilAnswered(answerMsMax)
    await runtime.close()
    runtime.log.info({ event: 'stopped' }, 'stopped')
    await release()
  }
  const cut = pause(stopBudgetMs, undefined, { ref: false })
  await Promise.race([end(), cut]).catch((error: unknown) =>
    runtime.log.error({ event: 'stop_failed', error }, 'something did not stop as it should'),
  )
}
