import type { Variables } from '#lib/config/env.ts'
import type { MetricJson } from '#lib/runtime/worker-seat.ts'

/** What a worker gets with its place: all workers go by the settings that the primary has read. */
export interface Seating {
  number: number
  workers: number
  variables: Variables
  /** Revealed: the channel is a socket pair that nobody else has. Null in strict mode. */
  supplies: { authSecret: string; databaseUrl: string | null } | null
  /** True while nobody else answers: liveness is answered before the database is there. */
  listensFirst: boolean
}

export type PrimaryMessage =
  | { kind: 'seat'; seating: Seating }
  /** The database has this version's schema. */
  | { kind: 'migrated' }
  | { kind: 'metrics_wanted'; id: number }
  | { kind: 'metrics_of_all'; id: number; metrics: MetricJson[][] }

export type WorkerMessage =
  /** Asks for a seat. */
  | { kind: 'hello' }
  | { kind: 'serving'; port: number }
  /** A sentence for the person who starts the server. */
  | { kind: 'refused'; sentence: string }
  | { kind: 'metrics'; id: number; metrics: MetricJson[] }
  | { kind: 'metrics_of_all_wanted'; id: number }
