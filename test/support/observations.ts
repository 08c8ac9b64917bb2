import { setTimeout as pause } from 'node:timers/promises'
import type { Query } from '#db/statement.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import { announcementName } from './caught-up.ts'
import type { TestAnswer } from './check-answer.ts'
import type { TestServer } from './harness.ts'

/** Nobody's request causes these. */
const background = new Set([
  'beat',
  announcementName,
  'list_announcing_triggers',
  'notification_queue_usage',
  // The transactions that begin with it are background as a whole.
  'begin_session_sweep',
])

/** Notes every round trip that a request causes from now on, BEGIN and COMMIT included, by the names of the statements. */
export function watchDatabase({ database }: Runtime): { names: string[] } {
  const names: string[] = []
  const { run, transaction } = database
  database.run = (query) => {
    if (!background.has(query.name)) names.push(query.name)
    return run(query)
  }
  database.transaction = (work) =>
    transaction((connection) => {
      let isNoted: boolean | null = null
      return work({
        run<Row extends object>(query: Query<Row>) {
          if (isNoted === null) {
            isNoted = !background.has(query.name)
            if (isNoted) names.push('BEGIN', 'COMMIT')
          }
          if (isNoted) names.push(query.name)
          return connection.run(query)
        },
      })
    })
  return { names }
}

/** How often a server has done password work so far, whatever came of it. */
export async function passwordWorkSoFar({ metrics }: Runtime): Promise<number> {
  const [, count] = /^password_hash_duration_seconds_count (\d+)$/m.exec(await metrics.expose()) ?? []
  return Number(count ?? 0)
}

/** From now on the clock of the database moves by `time.advance` only, so that delays can be read to the second. */
export async function stopDatabaseTime({ database }: TestServer): Promise<void> {
  const [row] = await database.sql<{ instant: string }>('SELECT now()::text AS instant')
  await database.sql(`
    CREATE OR REPLACE FUNCTION app_now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS $$
      SELECT timestamptz '${row?.instant}' + make_interval(secs => (SELECT offset_seconds FROM test_clock))
    $$`)
}

const busyMsMax = 15_000
const comeBackMs = 25

/** Sends again while the server says that it is busy, as Retry-After asks a client to. */
export async function sendUntilRoom<Answer extends TestAnswer>(send: () => Promise<Answer>): Promise<Answer> {
  const deadlineMs = performance.now() + busyMsMax
  for (;;) {
    const answer = await send()
    if (answer.body.code !== 'overloaded' || performance.now() > deadlineMs) return answer
    await pause(comeBackMs)
  }
}
