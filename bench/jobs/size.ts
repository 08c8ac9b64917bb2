import { hashPassword } from '#lib/crypto/password-hash.ts'
import { sql, withDatabase } from '#test/support/database.ts'
import { type SignedIn, signInAgain } from '../account.ts'
import { insertAccounts } from '../accounts-in-sql.ts'
import { compare, type Row } from '../compare.ts'
import type { Load } from '../measure.ts'
import { type Figure, median } from '../report.ts'
import { startWay, type Target } from '../targets.ts'
import type { Job } from './job.ts'

const password = 'a password of the benchmark'
const sessionsOfEach = 5
const connections = 4
/** In milliseconds: below it a difference says nothing. */
const floorMs = 1

/** The same work with ten thousand accounts and with a million. */
export const size: Job = {
  summary: '1,000,000 accounts and 5,000,000 sessions against 10,000 and 50,000',
  async run(databaseUrl) {
    const passwordHash = await hashPassword(password)
    const small = await filled('10,000', `${databaseUrl}_small`, 10_000, passwordHash)
    const large = await filled('1,000,000', `${databaseUrl}_large`, 1_000_000, passwordHash)
    const table = [['accounts', 'sessions', 'job', 'p50 ms', 'mean ms', 'p99 ms']]
    const figures: Figure[] = []
    try {
      for (const job of Object.keys(jobs) as (keyof typeof jobs)[]) {
        const subjects = [small, large].map(({ target, sessions }) => ({
          // Stopped at the end, after the last job.
          target: { ...target, stop: async () => {} },
          load: jobs[job](target.url, sessions),
        }))
        const rows = await compare(subjects, { connections, seconds: 2 })
        for (const [index, { rowCounts }] of [small, large].entries())
          table.push([...rowCounts, job, ...cells(rows[index])])
        figures.push(figureOf(job, rows))
      }
      return { table, figures }
    } finally {
      for (const { target } of [small, large]) await target.stop()
      for (const name of ['small', 'large'])
        await sql(
          withDatabase(databaseUrl, 'postgres'),
          `DROP DATABASE IF EXISTS ${databaseUrl.split('/').at(-1)}_${name} WITH (FORCE)`,
        )
    }
  },
}

interface Filled {
  target: Target
  /** Of accounts from everywhere in the table. */
  sessions: SignedIn[]
  /** As the database counts them. */
  rowCounts: [string, string]
}

async function filled(
  name: string,
  databaseUrl: string,
  accounts: number,
  passwordHash: string,
): Promise<Filled> {
  const target = await startWay('headless', databaseUrl)
  await insertAccounts(databaseUrl, 'person', accounts, passwordHash)
  // As many are over as a running server has.
  await sql(
    databaseUrl,
    `INSERT INTO sessions (id, user_id, kind, session_epoch, amr, idle_seconds, idle_until, expires_at, ended_at, ended_reason)
     SELECT gen_random_uuid(), id, 'bearer', session_epoch, '{pwd}', 604800, app_now() + interval '7 days',
       app_now() + interval '30 days', CASE WHEN n > 2 THEN app_now() END, CASE WHEN n > 2 THEN 'signed_out' END
     FROM users, generate_series(1, $1::integer) n`,
    [sessionsOfEach],
  )
  await sql(databaseUrl, 'VACUUM ANALYZE')
  const sessions: SignedIn[] = []
  for (let index = 0; index < connections; index += 1) {
    const number = Math.floor(((index + 0.5) / connections) * accounts)
    sessions.push(
      await signInAgain(target.url, {
        email: `person${number}@example.com`,
        username: `person${number}`,
        password,
      }),
    )
  }
  const [counted] = await sql<{ users: string; sessions: string }>(
    databaseUrl,
    'SELECT (SELECT count(*) FROM users) AS users, (SELECT count(*) FROM sessions) AS sessions',
  )
  const count = (value: string | undefined) => Number(value).toLocaleString('en')
  return {
    target: { ...target, name },
    sessions,
    rowCounts: [count(counted?.users), count(counted?.sessions)],
  }
}

const json = { 'content-type': 'application/json' }

const jobs = {
  'who am I': (url: string, sessions: SignedIn[]): Load[] =>
    sessions.map(({ accessToken }) => ({
      url: `${url}/api/auth/me`,
      headers: { authorization: `Bearer ${accessToken}` },
    })),
  'list sessions': (url: string, sessions: SignedIn[]): Load[] =>
    sessions.map(({ accessToken }) => ({
      url: `${url}/api/auth/sessions`,
      headers: { authorization: `Bearer ${accessToken}` },
    })),
  refresh: (url: string, sessions: SignedIn[]): Load[] =>
    sessions.map(({ refreshToken }) => {
      const write = (token: string) => ({ headers: json, body: JSON.stringify({ refresh_token: token }) })
      return {
        url: `${url}/api/auth/refresh`,
        method: 'POST',
        ...write(refreshToken),
        next: (answer) => write(JSON.parse(answer).refresh_token),
      }
    }),
  'sign in': (url: string, sessions: SignedIn[]): Load[] =>
    sessions.map(({ email }) => ({
      url: `${url}/api/auth/login`,
      method: 'POST',
      headers: json,
      body: JSON.stringify({ email, password }),
    })),
}

/** From the rates: the generator counts times in whole milliseconds. */
function meanMs(row: Row | undefined): number {
  return (connections * 1000) / median(row?.samples.map(({ requestsPerSecond }) => requestsPerSecond) ?? [])
}

function cells(row: Row | undefined): string[] {
  const middle = (field: 'p50Ms' | 'p99Ms') =>
    median(row?.samples.map((sample) => sample[field]) ?? []).toFixed(0)
  return [middle('p50Ms'), meanMs(row).toFixed(2), middle('p99Ms')]
}

function figureOf(job: string, [small, large]: readonly Row[]): Figure {
  const ratio = Math.max(floorMs, meanMs(large)) / Math.max(floorMs, meanMs(small))
  return { promise: `${job}: large ÷ small ≤ 1.3`, measured: ratio.toFixed(2), isMet: ratio <= 1.3 }
}
