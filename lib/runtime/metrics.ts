import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

export interface Metrics {
  /** Prometheus text format. No label holds user data. */
  expose(): Promise<string>
  observeRequest(request: { method: string; route: string; status: number; seconds: number }): void
  /** Outcomes of sign-ins, refreshes and limits, by a word of the code table. */
  count(event: CountedEvent, outcome: string): void
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
  | 'rate_limited'

const help: Record<CountedEvent, string> = {
  auth_login: 'Sign-ins by outcome',
  auth_register: 'Registrations by outcome',
  auth_refresh: 'Presented refresh tokens by verdict',
  auth_session_ended: 'Sessions ended, by reason',
  rate_limited: 'Requests refused by a limit',
}

export function createMetrics(): Metrics {
  const registry = new Registry()
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
  const counters = new Map<CountedEvent, Counter<'outcome'>>()
  for (const [name, text] of Object.entries(help) as [CountedEvent, string][]) {
    counters.set(
      name,
      new Counter({
        name: `${name}_total`,
        help: text,
        labelNames: ['outcome'] as const,
        registers: [registry],
      }),
    )
  }
  return {
    expose: () => registry.metrics(),
    observeRequest: labelled(requests),
    count: (event, outcome) => counters.get(event)?.inc({ outcome }),
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
