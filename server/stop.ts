import { setTimeout as pause } from 'node:timers/promises'
import type { Runtime } from '#lib/runtime/runtime.ts'
import type { HttpServer } from './http-server.ts'

export type StopSignal = 'SIGTERM' | 'SIGINT'

/** From the first signal to the end: a supervisor that waits 15 s sees the process leave by itself. */
const stopBudgetMs = 13_000
/** Ctrl-C arrives from the terminal and from the launcher. */
const echoMs = 500

export interface Stop {
  signal: Promise<StopSignal>
  hasCome(): boolean
}

/** Listens for the signals that end a server; a second one, later, means: do not wait. */
export function untilSignal(): Stop {
  let firstMs: number | null = null
  const signal = new Promise<StopSignal>((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) {
      process.on(name, () => {
        firstMs ??= performance.now()
        if (performance.now() - firstMs > echoMs) process.exit(1)
        resolve(name)
      })
    }
  })
  return { signal, hasCome: () => firstMs !== null }
}

export interface Leaving {
  runtime: Runtime
  http: HttpServer
  closePages: () => Promise<void>
}

/** Readiness first, so that a load balancer sends nothing new; then the listener; then what is under way. */
export async function leave(signal: StopSignal, { runtime, http, closePages }: Leaving): Promise<void> {
  const startedMs = performance.now()
  runtime.phase = 'stopping'
  runtime.log.info({ event: 'stopping', signal }, 'stopping')
  if (signal === 'SIGTERM') await pause(runtime.config.shutdownDelaySeconds * 1000)
  await http.close(stopBudgetMs - (performance.now() - startedMs))
  await closePages()
  await runtime.close()
  runtime.log.info({ event: 'stopped' }, 'stopped')
}
