import { setTimeout as pause } from 'node:timers/promises'
import { openSetup } from '#lib/auth/setup/setup.ts'
import { endpoints } from '#lib/endpoints.ts'
import { answer } from '#lib/http/answer.ts'
import { createRouter, pathnameOf } from '#lib/http/router.ts'
import { createRuntime, type RuntimeParts } from '#lib/runtime/create-runtime.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import { type FetchHandler, type HttpServer, listen } from './http-server.ts'
import { type Preparation, prepare } from './prepare.ts'
import { startDatabase } from './start-database.ts'
import { configurationExitCode, isStartRefusal } from './start-refusal.ts'
import { startUpScreen } from './start-up-screen.ts'

/** From the first signal to the end: a supervisor that waits 15 s sees the process leave by itself. */
const stopBudgetMs = 13_000

/**
 * Runs a server until it is told to stop: prepares, listens, waits for the database, serves, drains.
 *
 * @param root  of the clone
 * @param parts  only the test harness brings any
 */
export async function serve(root: string, parts: RuntimeParts = {}): Promise<void> {
  let preparation: Preparation | null = null
  try {
    preparation = await prepare(root)
    await run(root, preparation, await createRuntime(preparation.config, parts))
  } catch (error) {
    await preparation?.release()
    if (!isStartRefusal(error)) throw error
    process.stderr.write(`\n${error.message}\n\n`)
    process.exit(configurationExitCode)
  }
}

async function run(root: string, preparation: Preparation, runtime: Runtime): Promise<void> {
  const { config } = preparation
  // A reader of our output that goes away must not take the server with it.
  process.stdout.on('error', () => {})
  process.on('unhandledRejection', (error) =>
    runtime.log.error({ event: 'unhandled_rejection', error }, 'unhandled'),
  )
  const http = await listen(tableHandler(runtime), config.hosts, config.port)
  const stopped = untilSignal()
  let isStopping = false
  stopped.then(() => {
    isStopping = true
  })
  const migrations = await startDatabase(runtime, `${root}/db/migrations`, () => isStopping)
  if (!isStopping) await announce(preparation, runtime, http, migrations)
  await leave(await stopped, preparation, runtime, http)
}

/** Answers from the endpoint table; there is nothing else in a server without pages. */
function tableHandler(runtime: Runtime): FetchHandler {
  const router = createRouter(endpoints)
  return (request, address) =>
    answer(runtime, router.match(pathnameOf(request.url)), request, { address, via: 'node' })
}

async function announce(preparation: Preparation, runtime: Runtime, http: HttpServer, migrations: number) {
  runtime.phase = 'serving'
  const { config, warnings, embeddedDatabase } = preparation
  const setupKey = await openSetup(runtime)
  const url = new URL(config.appUrl)
  url.port = String(http.port)
  process.stdout.write(
    startUpScreen({
      config,
      url: config.mode === 'strict' ? config.appUrl : url.origin,
      warnings,
      migrations,
      setupKey,
      embeddedDatabase: embeddedDatabase?.directory ?? null,
    }),
  )
}

const echoMs = 500

type StopSignal = 'SIGTERM' | 'SIGINT'

function untilSignal(): Promise<StopSignal> {
  return new Promise((resolve) => {
    let firstMs: number | null = null
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => {
        firstMs ??= performance.now()
        // Ctrl-C arrives from the terminal and from the launcher; a second press means: do not wait.
        if (performance.now() - firstMs > echoMs) process.exit(1)
        resolve(signal)
      })
    }
  })
}

/** Readiness first, so that a load balancer sends nothing new; then the listener; then what is under way. */
async function leave(signal: StopSignal, preparation: Preparation, runtime: Runtime, http: HttpServer) {
  const startedMs = performance.now()
  runtime.phase = 'stopping'
  runtime.log.info({ event: 'stopping', signal }, 'stopping')
  if (signal === 'SIGTERM') await pause(preparation.config.shutdownDelaySeconds * 1000)
  await http.close(stopBudgetMs - (performance.now() - startedMs))
  await runtime.close()
  await preparation.release()
  runtime.log.info({ event: 'stopped' }, 'stopped')
  process.exit(0)
}
