import { AggregatorRegistry, Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

import type { MetricJson, WorkerSeat } from './worker-seat.ts'

export interface Metrics {
  /** Prometheus text format, of all processes that serve on this port. No label holds user data. */
  expose(): Promise<string>
  /** Those of this process, for another one. */
  read(): Promise<MetricJson[]>
  observeRequest(request: { method: string; route: string; status: number; seconds: number }): void
  /** Outcomes of sign-ins, refreshes and limits, by a word of the code table. */
  count(event: CountedEvent, outcome: string, times?: number): void
  observePasswordHash(seconds: number): void
  /** Registers values that are read when the metrics are. */
  gauge(name: string, help: string, read: () => number): void
  /** The same for what only grows; `_total` is added to the name. */
  total(name: string, help: string, read: () => number): void
}

export type CountedEvent =
  | 'auth_login'
  | 'auth_register'
  | 'auth_refresh'
  | 'auth_session_ended'
  | 'mail_delivery'
  | 'rate_limited'

const help: Record<CountedEvent, string> = {
  auth_login: 'Sign-ins by outcome',
  auth_register: 'Registrations by outcome',
  auth_refresh: 'Presented refresh tokens by verdict',
  auth_session_ended: 'Sessions ended, by reason',
  mail_delivery: 'Attempts at messages, by what came of them',
  rate_limited: 'Requests refused by a limit',
}

/**
 * @param seat  of one of several processes: each of its metrics then says which one it is of (`worker`), so that what
 *              only grows does so for Prometheus as well when a process is followed by another one
 */
export function createMetrics(seat: WorkerSeat | null = null): Metrics {
  const registry = new Registry()
  if (seat) registry.setDefaultLabels({ worker: String(seat.number) })
  collectDefaultMetrics({ register: registry })
  const requests = new Histogram({
    name: 'http_server_request_duration_seconds',
    help: 'Duration of requests',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [registry],
  })
  const hashes = new Histogram({
    name: 'password_hash_duration_seconds',
    help: 'Time from the start of password work to its end, without the wait for a slot',
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers: [registry],
  })
  const counters = createCounters(registry)
  // No two processes have a label in common, so each sum is of one value; some would otherwise be left out.
  const readAll = async (): Promise<SummedMetric[]> =>
    (await registry.getMetricsAsJSON()).map((metric) => ({ ...metric, aggregator: 'sum' }))
  return {
    expose: async () =>
      seat ? writeTogether(await seat.gatherMetrics(await readAll())) : registry.metrics(),
    read: readAll,
    observeRequest: labelled(requests),
    count: (event, outcome, times = 1) => counters.get(event)?.inc({ outcome }, times),
    observePasswordHash: (seconds) => hashes.observe(seconds),
    total(name, text, read) {
      new Counter({
        name: `${name}_total`,
        help: text,
        registers: [registry],
        collect() {
          this.reset()
          this.inc(read())
        },
      })
    },
    gauge(name, text, read) {
      new Gauge({
        name,
        help: text,
        registers: [registry],
        collect() {
          this.set(read())
        },
      })
    },
  }
}

function createCounters(registry: Registry): Map<CountedEvent, Counter<'outcome'>> {
  const events = Object.entries(help) as [CountedEvent, string][]
  return new Map(
    events.map(([name, text]) => [
      name,
      new Counter({
        name: `${name}_total`,
        help: text,
        labelNames: ['outcome'] as const,
        registers: [registry],
      }),
    ]),
  )
}

type SummedMetric = MetricJson & { aggregator: 'sum' }

function writeTogether(processes: readonly MetricJson[][]): Promise<string> {
  return AggregatorRegistry.aggregate([...processes] as object[]).metrics()
}

/** The children of a histogram, found without making a labels object for each request. */
function labelled(requests: Histogram<'method' | 'route' | 'status'>): Metrics['observeRequest'] {
  const children = new Map<string, { observe(seconds: number): void }>()
  return ({ method, route, status, seconds }) => {
    const key = `${method} ${status} ${route}`
    const child = children.get(key) ?? requests.labels({ method, route, status })
    children.set(key, child)
    child.observe(seconds)
  }
}
