import { createRuntime } from '#lib/runtime/create-runtime.ts'
import { attach } from './attach.ts'
import { migrationsFolder, startDatabase } from './start-database.ts'
import { configurationExitCode, isStartRefusal } from './start-refusal.ts'
import { untilSignal } from './stop.ts'

/** Does the jobs of the queue and serves nothing: npm run worker. Beside servers, or in their place with JOBS=worker. */
async function work(): Promise<void> {
  const stop = untilSignal()
  const root = process.cwd()
  const { config, release } = await attach(root)
  // It checks no session, so it needs to hear of none.
  const session = { ...config.session, liveViewSessions: null }
  const runtime = await createRuntime({ ...config, session })
  await startDatabase(runtime, migrationsFolder(root), stop.hasCome)
  if (!stop.hasCome()) {
    await runtime.jobs.start()
    runtime.log.info({ event: 'worker_started', mail: config.mail.kind }, 'doing jobs')
    await stop.signal
  }
  await runtime.close()
  await release()
}

try {
  await work()
  process.exit(0)
} catch (error) {
  if (!isStartRefusal(error)) throw error
  process.stderr.write(`\n${error.message}\n\n`)
  process.exit(configurationExitCode)
}
