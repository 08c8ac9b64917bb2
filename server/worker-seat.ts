import cluster, { type Worker } from 'node:cluster'
import type { Log } from '#lib/runtime/log.ts'
import type { PrimaryMessage, WorkerMessage } from './cluster-messages.ts'
import { failuresAfter, restartDelay } from './restart-delay.ts'
import type { StopSignal } from './stop.ts'

/** A place for one worker after the other: one that dies is followed by the next, ever later if they keep dying. */
export interface Seat {
  number: number
  isServing(): boolean
  /** A worker that is gone hears nothing; that it left is heard by itself. */
  send(message: PrimaryMessage): void
  /** Passes the signal on and waits; nobody follows. @returns the exit code; null when it was killed */
  end(signal: StopSignal): Promise<number | null>
  /** Ends the worker at once; nobody follows. */
  abandon(): void
}

export interface SeatParts {
  number: number
  log: Log
  hear(seat: Seat, message: WorkerMessage): void
  /** A worker left that was not told to. @returns false: nobody follows */
  left(seat: Seat, how: string): boolean
}

/** A worker leaves by itself before that (stop.ts). */
const leaveMsMax = 14_000

export function openSeat({ number, log, hear, left }: SeatParts): Seat {
  let worker: Worker | null = null
  let servingSinceMs: number | null = null
  let hearsSignals = false
  let failures = 0
  let isClosed = false

  function fill(): void {
    if (isClosed) return
    worker = cluster.fork()
    hearsSignals = false
    worker.on('message', heard)
    worker.on('exit', (code, signal) => exited(String(signal ?? code)))
    worker.on('error', (error) =>
      log.warn({ event: 'worker_unreachable', worker: number, error }, 'a worker did not hear'),
    )
  }

  function heard(message: WorkerMessage): void {
    hearsSignals = true
    if (message.kind === 'serving') {
      servingSinceMs = performance.now()
      log.info({ event: 'worker_serving', worker: number, pid: worker?.process.pid }, 'a worker serves')
    }
    hear(seat, message)
  }

  function exited(how: string): void {
    failures = failuresAfter(failures, servingSinceMs === null ? 0 : performance.now() - servingSinceMs)
    worker = null
    servingSinceMs = null
    if (isClosed) return
    const delayMs = restartDelay(failures)
    log.error({ event: 'worker_left', worker: number, how, delay_ms: delayMs }, 'a worker left')
    if (left(seat, how)) setTimeout(fill, delayMs)
  }

  const seat: Seat = {
    number,
    isServing: () => servingSinceMs !== null,
    send(message) {
      if (worker?.isConnected()) worker.send(message, () => {})
    },
    async end(signal) {
      isClosed = true
      // One that has just begun to load has nothing to finish, and is ended by the signal itself.
      const isLoading = !hearsSignals
      const code = worker ? await endWorker(worker, signal) : 0
      return isLoading ? 0 : code
    },
    abandon() {
      isClosed = true
      worker?.process.kill('SIGKILL')
    },
  }
  fill()
  return seat
}

function endWorker(worker: Worker, signal: StopSignal): Promise<number | null> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => worker.process.kill('SIGKILL'), leaveMsMax)
    worker.once('exit', (code) => {
      clearTimeout(timer)
      resolve(code)
    })
    worker.process.kill(signal)
  })
}
