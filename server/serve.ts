import type { RequestListener } from 'node:http'
import { endpoints } from '#lib/endpoints.ts'
import { declareOwnServer } from '#lib/http/own-server.ts'
import { createRouter, matchWithPages } from '#lib/http/router.ts'
import { createRuntime, type RuntimeParts } from '#lib/runtime/create-runtime.ts'
import { shareRuntime } from '#lib/runtime/process-runtime.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import { announce } from './announce.ts'
import { listen } from './http-server.ts'
import type { NextPages } from './next-pages.ts'
import { pagesListener } from './pages-listener.ts'
import { type Preparation, prepare } from './prepare.ts'
import { startDatabase } from './start-database.ts'
import { configurationExitCode, isStartRefusal } from './start-refusal.ts'
import { leave, untilSignal } from './stop.ts'
import { tableListener } from './table-listener.ts'

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
  let preparation: Preparation | null = null
  try {
    preparation = await prepare(options.root)
    await run(options, preparation, await createRuntime(preparation.config, options.parts))
  } catch (error) {
    await preparation?.release()
    if (!isStartRefusal(error)) throw error
    process.stderr.write(`\n${error.message}\n\n`)
    process.exit(configurationExitCode)
  }
}

async function run({ root, pages }: ServeOptions, preparation: Preparation, runtime: Runtime): Promise<void> {
  const { config } = preparation
  shareRuntime(Promise.resolve(runtime))
  declareOwnServer()
  // A reader of our output that goes away must not take the server with it.
  process.stdout.on('error', () => {})
  process.on('unhandledRejection', (error) =>
    runtime.log.error({ event: 'unhandled_rejection', error }, 'unhandled'),
  )
  const next = pages === 'none' ? null : openPages(root, pages === 'development')
  const http = await listen(createListener(runtime, next, pages === 'development'), config.hosts, config.port)
  next?.then(({ upgrade }) => http.onUpgrade(upgrade))
  const stop = untilSignal()
  const migrations = await startDatabase(runtime, `${root}/db/migrations`, () => stop.hasCome())
  await next
  if (!stop.hasCome())
    await announce(preparation, runtime, { root, migrations, hasPages: next !== null, port: http.port })
  const signal = await stop.signal
  await leave(signal, { runtime, http, closePages: async () => (await next)?.close() })
  await preparation.release()
  process.exit(0)
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
  return pagesListener({ runtime, router, table, draw, isDevelopment })
}
