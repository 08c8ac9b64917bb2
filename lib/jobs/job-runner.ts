import { setTimeout as pause } from 'node:timers/promises'
import type { Runner } from 'graphile-worker'
import type { Runtime } from '#lib/runtime/runtime.ts'
import { queueLogger } from './job-queue.ts'

/** Does the jobs of the queue in this process. */
export interface JobRunner {
  /** Begins. Resolves when the first connection stands, or will be tried again. */
  start(): Promise<void>
  isStarted(): boolean
  /** No further jobs; resolves when those under way have ended. */
  stop(): Promise<void>
}

export type JobHandlers = Record<string, (payload: unknown) => Promise<void>>

/** What a job mostly does is wait for an SMTP server, which has as many connections. */
const concurrency = 4
const pollMs = 2000
const restartMs = 2000
/** What takes longer is taken up again when its lease has run out. */
const stopMsMax = 5000
/** Database connections: one listens, the others fetch and finish jobs. */
export const jobConnectionsMax = 4

export function createJobRunner(
  { config, log }: Pick<Runtime, 'config' | 'log'>,
  handlers: JobHandlers,
): JobRunner {
  let runner: Runner | null = null
  let restart: NodeJS.Timeout | null = null
  let isStarted = false
  let isStopping = false

  async function work(): Promise<void> {
    try {
      const { run } = await import('graphile-worker')
      const started = await run({
        connectionString: config.database.url.reveal(),
        maxPoolSize: jobConnectionsMax,
        concurrency,
        pollInterval: pollMs,
        noHandleSignals: true,
        taskList: handlers,
        crontab: '',
        logger: await queueLogger(log),
      })
      if (isStopping) return await started.stop()
      runner = started
      started.promise.then(
        () => startAgain(),
        (error: unknown) => startAgain(error),
      )
    } catch (error) {
      startAgain(error)
    }
  }

  function startAgain(error?: unknown): void {
    runner = null
    if (isStopping) return
    log.warn({ event: 'job_runner_stopped', error }, 'jobs wait; will be tried again')
    restart = setTimeout(() => void work(), restartMs)
    restart.unref()
  }

  return {
    isStarted: () => isStarted,
    async start() {
      if (isStarted) return
      isStarted = true
      await work()
    },
    async stop() {
      isStopping = true
      if (restart) clearTimeout(restart)
      if (!runner) return
      await Promise.race([runner.stop(), pause(stopMsMax, null, { ref: false })]).catch((error: unknown) =>
        log.warn({ event: 'job_runner_stopped', error }, 'jobs were cut'),
      )
    },
  }
}
