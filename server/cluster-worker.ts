import { readConfig } from '#lib/config/read-config.ts'
import { Secret } from '#lib/crypto/secret.ts'
import type { MetricJson, WorkerSeat } from '#lib/runtime/worker-seat.ts'
import type { PrimaryMessage, Seating, WorkerMessage } from './cluster-messages.ts'
import { createGathering } from './gathering.ts'
import { requireConfig } from './prepare.ts'

/** What a worker has of its primary. */
export interface Primary {
  /** Asks for a place. */
  seat(): Promise<Seating>
  /** Resolves when the database has this version's schema. */
  migrated: Promise<void>
  gatherMetrics: WorkerSeat['gatherMetrics']
  /** How other workers get the metrics of this one. */
  lendMetrics(read: () => Promise<MetricJson[]>): void
  /** Resolves when the message is on its way. */
  tell(message: WorkerMessage): Promise<void>
}

/** Longer than the primary waits for the others. */
const metricsMsMax = 1500

export function connectToPrimary(): Primary {
  const gathering = createGathering<MetricJson[][]>(metricsMsMax)
  let sit: (seating: Seating) => void = () => {}
  let goOn: () => void = () => {}
  let readMetrics: () => Promise<MetricJson[]> = async () => []
  const seat = new Promise<Seating>((resolve) => {
    sit = resolve
  })
  const migrated = new Promise<void>((resolve) => {
    goOn = resolve
  })
  process.on('message', (message: PrimaryMessage) => {
    if (message.kind === 'seat') sit(message.seating)
    else if (message.kind === 'migrated') goOn()
    else if (message.kind === 'metrics_of_all') gathering.answered(message.id, message.metrics)
    else void lend(message.id)
  })

  async function lend(id: number): Promise<void> {
    await tell({ kind: 'metrics', id, metrics: await readMetrics() })
  }

  return {
    migrated,
    tell,
    async seat() {
      await tell({ kind: 'hello' })
      return seat
    },
    async gatherMetrics(own) {
      const [others = []] = await gathering.ask(1, (id) => void tell({ kind: 'metrics_of_all_wanted', id }))
      return [own, ...others]
    },
    lendMetrics(read) {
      readMetrics = read
    },
  }
}

/** A primary that is gone hears nothing, and Node ends its workers. */
function tell(message: WorkerMessage): Promise<void> {
  return new Promise((resolve) => {
    if (!process.connected || !process.send) return resolve()
    process.send(message, () => resolve())
  })
}

/** The configuration, as the primary has read it. */
export function configOf({ variables, supplies }: Seating) {
  const own = supplies && {
    authSecret: new Secret(supplies.authSecret),
    databaseUrl: supplies.databaseUrl === null ? null : new Secret(supplies.databaseUrl),
  }
  return requireConfig(readConfig(variables, own), []).config
}
