import cluster from 'node:cluster'
import type { RequestListener } from 'node:http'
import { endpoints } from '#lib/endpoints.ts'
import { declareOwnServer } from '#lib/http/own-server.ts'
import { createRouter, matchWithPages } from '#lib/http/router.ts'
import { usableCores, workersOf } from '#lib/runtime/cores.ts'
import { createRuntime, type RuntimeParts } from '#lib/runtime/create-runtime.ts'
import { shareRuntime } from '#lib/runtime/process-runtime.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import { announce } from './announce.ts'
import { configOf, connectToPrimary } from './cluster-worker.ts'
import { type HttpServer, listen } from './http-server.ts'
import type { NextPages } from './next-pages.ts'
import { pagesListener } from './pages-listener.ts'
import { type Preparation, prepare } from './prepare.ts'
import { migrationsFolder, startDatabase } from './start-database.ts'
import { startJobs } from './start-jobs.ts'
import { configurationExitCode, isStartRefusal } from './start-refusal.ts'
import { leave, type Stop, untilSignal } from './stop.ts'
import { tableListener } from './table-listener.ts'
import { takeUpgrade } from './upgrades.ts'

export interface ServeOptions {
  /** Of the clone. */
  root: string
  /** 'none': the endpoint table only; Next is never loaded. */
  pages: 'none' | 'built' | 'development'
  /** Only the test harness brings any. */
  parts?: RuntimeParts
}

/** Runs a server until it is told to stop: prepares, listens, waits for the database, serves, drains. */
export async function serve(options: ServeOptions): Promise<void> {
  // A reader of our output that goes away must not take the server with it.
  process.stdout.on('error', () => {})
  // From the start: a database that was just started has to be stopped too.
  const stop = untilSignal()
  if (cluster.isWorker) return serveAsWorker(options, stop)
  let preparation: Preparation | null = null
  try {
    preparation = await prepare(options.root, undefined, { hasPages: options.pages !== 'none' })
    const isOk = await serveOrSupervise(options, preparation, stop)
    await preparation.release()
    process.exit(isOk ? 0 : 1)
  } catch (error) {
    await preparation?.release()
    if (!isStartRefusal(error)) throw error
    process.stderr.write(`\n${error.message}\n\n`)
    process.exit(configurationExitCode)
  }
}

async function serveOrSupervise(
  options: ServeOptions,
  preparation: Preparation,
  stop: Stop,
): Promise<boolean> {
  const { config } = preparation
  const facts = { root: options.root, hasPages: options.pages !== 'none' }
  const workers = options.pages === 'development' ? 1 : workersOf(config.workers, usableCores())
  if (workers > 1) {
    const { supervise } = await import('./supervise.ts')
    return supervise(preparation, { ...facts, workers }, stop)
  }
  const runtime = await createRuntime(config, options.parts)
  await run(options, runtime, stop, {
    listensFirst: true,
    startDatabase: () => startDatabase(runtime, migrationsFolder(options.root), stop.hasCome),
    announce: (start) => announce(preparation, runtime, { ...facts, ...start, workers }),
    doesJobs: true,
  })
  return true
}

/** One of several processes on this port: what only one may do is done by the primary (supervise.ts). */
async function serveAsWorker(options: ServeOptions, stop: Stop): Promise<void> {
  const primary = connectToPrimary()
  try {
    const seating = await primary.seat()
    const seat = { ...seating, gatherMetrics: primary.gatherMetrics }
    const runtime = await createRuntime(configOf(seating), options.parts, seat)
    primary.lendMetrics(runtime.metrics.read)
    await run(options, runtime, stop, {
      listensFirst: seating.listensFirst,
      async startDatabase() {
        await Promise.race([primary.migrated, stop.signal])
        return startDatabase(runtime, null, stop.hasCome)
      },
      async announce({ port }) {
        runtime.phase = 'serving'
        await primary.tell({ kind: 'serving', port })
      },
      doesJobs: seating.number === 1,
    })
    process.exit(0)
  } catch (error) {
    if (!isStartRefusal(error)) throw error
    await primary.tell({ kind: 'refused', sentence: error.message })
    process.exit(configurationExitCode)
  }
}

interface Start {
  migrations: number
  /** The port that was really bound. */
  port: number
}

interface Surroundings {
  /** True: liveness is answered while the database is waited for. */
  listensFirst: boolean
  /** @returns how many migrations were applied */
  startDatabase(): Promise<number>
  /** Lets requests in, and tells whoever waits for that. */
  announce(start: Start): Promise<void>
  /** True in one process of each server. */
  doesJobs: boolean
}

async function run(
  { root, pages }: ServeOptions,
  runtime: Runtime,
  stop: Stop,
  surroundings: Surroundings,
): Promise<void> {
  const { hosts, port } = runtime.config
  shareRuntime(Promise.resolve(runtime))
  declareOwnServer()
  process.on('unhandledRejection', (error) =>
    runtime.log.error({ event: 'unhandled_rejection', error }, 'unhandled'),
  )
  const next = pages === 'none' ? null : openPages(root, pages === 'development')
  const open = () => listen(createListener(runtime, next, pages === 'development'), hosts, port)
  const early = surroundings.listensFirst ? await open() : null
  if (pages === 'development' && early) next?.then((opened) => letInUpgrades(runtime, early, opened))
  const migrations = await surroundings.startDatabase()
  await next
  // Who listens late takes the first request at once.
  if (!early) runtime.phase = 'serving'
  const http = early ?? (await open())
  if (!stop.hasCome()) await surroundings.announce({ migrations, port: http.port })
  if (surroundings.doesJobs && !stop.hasCome()) startJobs(runtime)
  const signal = await stop.signal
  await leave(signal, { runtime, http, closePages: async () => (await next)?.close() })
}

function letInUpgrades(runtime: Runtime, http: HttpServer, { upgrade }: NextPages): void {
  http.onUpgrade((incoming, socket, head) =>
    takeUpgrade({ runtime, via: 'node' }, incoming, socket, () => upgrade(incoming, socket, head)),
  )
}

async function openPages(root: string, isDevelopment: boolean): Promise<NextPages> {
  const { openNextPages } = await import('./next-pages.ts')
  return openNextPages(root, isDevelopment)
}

function createListener(
  runtime: Runtime,
  next: Promise<NextPages> | null,
  isDevelopment: boolean,
): RequestListener {
  const router = createRouter(endpoints)
  if (!next) return tableListener(runtime, (pathname) => router.match(pathname), false)
  const table = tableListener(runtime, (pathname) => matchWithPages(router, pathname), true)
  const draw: NextPages['draw'] = async (incoming, outgoing) => (await next).draw(incoming, outgoing)
  return pagesListener({ runtime, router, table, draw, via: 'node', isDevelopment })
}
