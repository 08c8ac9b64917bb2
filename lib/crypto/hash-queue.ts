export interface HashQueue {
  /**
   * Runs `job` when a slot is free, in order of arrival.
   *
   * @returns 'shed' at once, without running it, when the queue is full or the wait would be too long
   */
  run<Result>(job: () => Promise<Result>): Promise<HashOutcome<Result>>
  /** True when `run` would shed now: callers ask before they spend a query. */
  isFull(): boolean
  usage(): { running: number; waiting: number }
}

export type HashOutcome<Result> =
  | { kind: 'done'; result: Result }
  | { kind: 'shed'; retryAfterSeconds: number }

export interface HashQueueOptions {
  /** Jobs at the same time. Each argon2id job holds 19 MiB and one thread. */
  slots: number
  waitingMax: number
  /** A job that would wait longer than this is shed. */
  waitMsMax: number
  /** Milliseconds on a clock that only moves forward. */
  monotonicNow: () => number
}

/** Weight of the newest job in the estimate of how long a job takes. */
const newestWeight = 0.2

/**
 * Bounds the memory and the delay that password hashing can cause: slots × 19 MiB, and a wait that is predicted
 * before anybody is made to wait.
 */
export function createHashQueue(options: HashQueueOptions): HashQueue {
  const waiting: (() => void)[] = []
  let running = 0
  let jobMs = 50

  const predictedWaitMs = () => (running < options.slots ? 0 : ((waiting.length + 1) * jobMs) / options.slots)
  const isFull = () =>
    running >= options.slots &&
    (waiting.length >= options.waitingMax || predictedWaitMs() > options.waitMsMax)

  async function takeSlot() {
    if (running < options.slots) running += 1
    // A finished job hands its slot over, so `running` stays as it is.
    else await new Promise<void>((resolve) => waiting.push(resolve))
  }

  function leaveSlot() {
    const next = waiting.shift()
    if (next) next()
    else running -= 1
  }

  return {
    isFull,
    usage: () => ({ running, waiting: waiting.length }),
    async run(job) {
      if (isFull())
        return { kind: 'shed', retryAfterSeconds: Math.max(1, Math.ceil(predictedWaitMs() / 1000)) }
      await takeSlot()
      const startedAt = options.monotonicNow()
      try {
        return { kind: 'done', result: await job() }
      } finally {
        jobMs += newestWeight * (options.monotonicNow() - startedAt - jobMs)
        leaveSlot()
      }
    },
  }
}
