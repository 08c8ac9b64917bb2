import type { Log } from './log.ts'

export interface PeriodicTasks {
  /** Runs `task` every `intervalMs`, one run at a time. A failure is logged and the next run comes as usual. */
  every(intervalMs: number, name: string, task: () => Promise<void>): void
  /** No further runs; resolves when those under way have ended. */
  stop(): Promise<void>
}

export function createPeriodicTasks(log: Log): PeriodicTasks {
  const timers: NodeJS.Timeout[] = []
  const underWay = new Map<string, Promise<void>>()

  async function run(name: string, task: () => Promise<void>) {
    try {
      await task()
    } catch (error) {
      log.warn({ event: 'periodic_task_failed', task: name, error }, 'will be tried again')
    } finally {
      underWay.delete(name)
    }
  }

  return {
    every(intervalMs, name, task) {
      const timer = setInterval(() => {
        if (!underWay.has(name)) underWay.set(name, run(name, task))
      }, intervalMs)
      timer.unref()
      timers.push(timer)
    },
    async stop() {
      timers.forEach(clearInterval)
      await Promise.all(underWay.values())
    },
  }
}
