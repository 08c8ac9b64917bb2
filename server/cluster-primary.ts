import type { Variables } from '#lib/config/env.ts'
import type { OwnSupplies } from '#lib/config/read-config.ts'
import type { Log } from '#lib/runtime/log.ts'
import type { MetricJson } from '#lib/runtime/worker-seat.ts'
import type { Seating, WorkerMessage } from './cluster-messages.ts'
import { createGathering } from './gathering.ts'
import { startRefusal } from './start-refusal.ts'
import type { StopSignal } from './stop.ts'
import { openSeat, type Seat } from './worker-seat.ts'

/** The workers of this process, which serve on one port. */
export interface Crew {
  /** Resolves with the port when all have begun to serve. Rejects when one cannot. */
  serving: Promise<number>
  /** To be called when the database has this version's schema. */
  migrated(): void
  /** Passes the signal on and waits until all have left. @returns true when each of them left with 0 */
  leave(signal: StopSignal): Promise<boolean>
  /** Ends them at once. */
  abandon(): void
}

export interface CrewOptions {
  workers: number
  variables: Variables
  supplies: OwnSupplies | null
  log: Log
}

/** A worker that is busy for longer is left out. */
const metricsMsMax = 1000

export function startCrew(options: CrewOptions): Crew {
  const seats: Seat[] = []
  const start = createSettleable<number>()
  const gather = createGatherer(seats)
  let hasStarted = false
  let isMigrated = false

  function greet(seat: Seat): void {
    const listensFirst = !seats.some((one) => one.isServing())
    seat.send({ kind: 'seat', seating: seatingFor(options, seat.number, listensFirst) })
    if (isMigrated) seat.send({ kind: 'migrated' })
  }

  function begin(port: number): void {
    if (seats.length < options.workers || !seats.every((seat) => seat.isServing())) return
    hasStarted = true
    start.resolve(port)
  }

  function refuse({ number }: Seat, sentence: string): void {
    start.reject(startRefusal(sentence))
    options.log.error({ event: 'worker_refused', worker: number }, sentence)
  }

  function hear(seat: Seat, message: WorkerMessage): void {
    if (message.kind === 'hello') greet(seat)
    else if (message.kind === 'serving') begin(message.port)
    else if (message.kind === 'refused') refuse(seat, message.sentence)
    else gather(seat, message)
  }

  /** Until all serve, one that leaves ends the start. */
  function left({ number }: Seat, how: string): boolean {
    if (!hasStarted) start.reject(new Error(`worker ${number} left before it served: ${how}`))
    return hasStarted
  }

  for (let number = 1; number <= options.workers; number += 1)
    seats.push(openSeat({ number, log: options.log, hear, left }))
  return {
    serving: start.promise,
    migrated() {
      isMigrated = true
      for (const seat of seats) seat.send({ kind: 'migrated' })
    },
    async leave(signal) {
      const codes = await Promise.all(seats.map((seat) => seat.end(signal)))
      return codes.every((code) => code === 0)
    },
    abandon() {
      for (const seat of seats) seat.abandon()
    },
  }
}

function seatingFor(
  { workers, variables, supplies }: CrewOptions,
  number: number,
  listensFirst: boolean,
): Seating {
  const revealed = supplies && {
    authSecret: supplies.authSecret.reveal(),
    databaseUrl: supplies.databaseUrl?.reveal() ?? null,
  }
  return { number, workers, variables, supplies: revealed, listensFirst }
}

type MetricsMessage = Extract<WorkerMessage, { kind: 'metrics' | 'metrics_of_all_wanted' }>

/** Brings the metrics of the other workers to the one that was asked for them. */
function createGatherer(seats: readonly Seat[]): (asking: Seat, message: MetricsMessage) => void {
  const gathering = createGathering<MetricJson[]>(metricsMsMax)

  async function gather(asking: Seat, id: number): Promise<void> {
    const others = seats.filter((seat) => seat !== asking && seat.isServing())
    const metrics = await gathering.ask(others.length, (question) => {
      for (const seat of others) seat.send({ kind: 'metrics_wanted', id: question })
    })
    asking.send({ kind: 'metrics_of_all', id, metrics })
  }

  return (asking, message) => {
    if (message.kind === 'metrics') gathering.answered(message.id, message.metrics)
    else void gather(asking, message.id)
  }
}

/** A promise that is settled from elsewhere, and whose rejection nobody has to hear. */
function createSettleable<Result>() {
  let resolve: (result: Result) => void = () => {}
  let reject: (error: Error) => void = () => {}
  const promise = new Promise<Result>((resolveIt, rejectIt) => {
    resolve = resolveIt
    reject = rejectIt
  })
  promise.catch(() => {})
  return { promise, resolve, reject }
}
