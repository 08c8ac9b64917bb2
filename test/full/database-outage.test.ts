import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, expect, test } from 'vitest'
import type { EmbeddedDatabase } from '#server/embedded-database.ts'
import { freePort } from '#server/free-port.ts'
import { signIn } from '#test/support/api-client.ts'
import type { TestAnswer } from '#test/support/check-answer.ts'
import { sql } from '#test/support/database.ts'
import { createOwnPostgres } from '#test/support/own-postgres.ts'
import {
  makeClone,
  type ProcessServer,
  removeClone,
  startServer,
  strictVariables,
  until,
} from '#test/support/process-server.ts'

const clone = makeClone()
const postgres = createOwnPostgres()
afterAll(() => {
  removeClone(clone)
  postgres.remove()
})

interface Observation {
  answer: TestAnswer
  ms: number
  atMs: number
}

/** Sends what users send, from `workers` sides, until told to stop. */
function underLoad(server: ProcessServer, send: (worker: number) => Promise<TestAnswer>, workers = 6) {
  const seen: Observation[] = []
  let isOn = true
  const loops = Array.from({ length: workers }, async (_, worker) => {
    while (isOn) {
      const startedMs = performance.now()
      const answer = await send(worker)
      seen.push({ answer, ms: performance.now() - startedMs, atMs: performance.now() })
      await pause(5)
    }
  })
  return {
    seen,
    async end() {
      isOn = false
      await Promise.all(loops)
      expect(server.process.exitCode).toBe(null)
      return seen
    },
  }
}

interface Outage {
  /** For how long memory may still answer, because nobody can tell yet that the database is away. */
  believedMs: number
  begin(database: EmbeddedDatabase): Promise<void> | void
  end(database: EmbeddedDatabase): Promise<EmbeddedDatabase>
}

const outages: Record<string, Outage> = {
  'stopped and started': { believedMs: 0, begin: (database) => database.stop(), end: postgres.start },
  'killed and started': { believedMs: 0, begin: postgres.kill, end: postgres.start },
  'frozen and thawed': {
    // Until the proof of the live view is two seconds old.
    believedMs: 2_100,
    begin: () => postgres.signal('SIGSTOP'),
    async end(database) {
      postgres.signal('SIGCONT')
      return database
    },
  },
}

for (const [name, outage] of Object.entries(outages)) {
  test(`PostgreSQL ${name} under load: 503 with Retry-After and CORS meanwhile, healed within 2 s, nothing half-written`, async () => {
    const database = await postgres.start()
    const url = database.url.reveal()
    const port = await freePort()
    const variables = { ...strictVariables(url, port), ALLOWED_ORIGINS: 'https://app.example.com' }
    const server = await startServer({ clone, variables })
    const client = server.client()
    await signIn(client)
    const headers = { origin: 'https://app.example.com' }
    const registered: string[] = []
    const load = underLoad(server, async (worker) => {
      if (worker > 1) return client.send('/api/auth/me', { headers })
      const answer = await server.client().register()
      if (answer.status === 200) registered.push(answer.account.email)
      return answer
    })
    await until(
      () => registered.length > 3,
      10_000,
      () => 'no load',
    )

    await outage.begin(database)
    const downAtMs = performance.now()
    await pause(outage.believedMs + 5_000)
    const whileDown = load.seen.filter(({ atMs, ms }) => atMs - ms > downAtMs + outage.believedMs)
    const back = await outage.end(database)
    const upAtMs = performance.now()
    await until(
      () => load.seen.some(({ atMs, answer }) => atMs > upAtMs && answer.status === 200),
      5_000,
      () => 'down',
    )
    const healedMs = performance.now() - upAtMs
    await pause(1_000)
    const seen = await load.end()

    const statuses = new Set(seen.map(({ answer }) => answer.status))
    const users = await sql<{ email: string }>(url, 'SELECT email FROM users')
    const incomplete = await sql(
      url,
      `SELECT id FROM users u WHERE NOT EXISTS (SELECT FROM password_credentials p WHERE p.user_id = u.id)
        OR NOT EXISTS (SELECT FROM user_roles r WHERE r.user_id = u.id)`,
    )
    await server.stop()
    await back.stop()

    expect([...statuses].toSorted()).toEqual([200, 503])
    expect(whileDown.every(({ answer }) => answer.status === 503)).toBe(true)
    expect(whileDown.length).toBeGreaterThan(3)
    expect(Math.max(...seen.map(({ ms }) => ms))).toBeLessThan(3_000)
    expect(healedMs).toBeLessThan(2_000)
    for (const { answer } of seen.filter((one) => one.answer.status === 503)) {
      expect(answer.headers.get('retry-after')).toMatch(/^\d+$/)
    }
    const refusedMe = whileDown.find(({ answer }) => answer.headers.has('access-control-allow-origin'))
    expect(refusedMe?.answer.headers.get('access-control-allow-origin')).toBe('https://app.example.com')
    expect(registered.filter((email) => !users.some((user) => user.email === email))).toEqual([])
    expect(incomplete).toEqual([])
  })
}
