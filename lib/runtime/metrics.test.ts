import { expect, test } from 'vitest'
import { createMetrics, type Metrics } from './metrics.ts'
import type { MetricJson } from './worker-seat.ts'

/** The metrics of several workers, each of which reads the others. */
function crewOf(workers: number): Metrics[] {
  const crew: Metrics[] = []
  const over = (metrics: MetricJson[]) => JSON.parse(JSON.stringify(metrics))
  for (let number = 1; number <= workers; number += 1) {
    const gatherMetrics = async (own: MetricJson[]) => [
      own,
      ...(
        await Promise.all(crew.filter((_, index) => index !== number - 1).map((other) => other.read()))
      ).map(over),
    ]
    crew.push(createMetrics({ number, workers, gatherMetrics }))
  }
  return crew
}

function linesOf(text: string, name: string): string[] {
  return text.split('\n').filter((line) => line.startsWith(name))
}

test('alone, a process is not named in its metrics', async () => {
  const metrics = createMetrics()
  metrics.count('auth_login', 'signed_in')

  expect(linesOf(await metrics.expose(), 'auth_login_total')).toEqual([
    'auth_login_total{outcome="signed_in"} 1',
  ])
})

test('of several, each is asked for all, and says which value is whose', async () => {
  const [first, second] = crewOf(2)
  first?.count('auth_login', 'signed_in', 3)
  second?.count('auth_login', 'signed_in')
  second?.gauge('db_pool_idle', 'Of one only', () => 7)
  second?.observeRequest({ method: 'GET', route: '/', status: 200, seconds: 0.002 })

  for (const asked of [first, second]) {
    const text = (await asked?.expose()) ?? ''
    expect(linesOf(text, 'auth_login_total').toSorted()).toEqual([
      'auth_login_total{outcome="signed_in",worker="1"} 3',
      'auth_login_total{outcome="signed_in",worker="2"} 1',
    ])
    expect(linesOf(text, 'db_pool_idle')).toEqual(['db_pool_idle{worker="2"} 7'])
    expect(linesOf(text, 'process_start_time_seconds')).toHaveLength(2)
    expect(linesOf(text, 'http_server_request_duration_seconds_count')).toEqual([
      'http_server_request_duration_seconds_count{method="GET",route="/",status="200",worker="2"} 1',
    ])
  }
})

test('asked a hundred times, nothing is counted twice', async () => {
  const [first, second] = crewOf(2)
  second?.count('auth_register', 'created', 2)
  for (let time = 0; time < 100; time += 1) await first?.expose()

  expect(linesOf((await first?.expose()) ?? '', 'auth_register_total')).toEqual([
    'auth_register_total{outcome="created",worker="2"} 2',
  ])
})
