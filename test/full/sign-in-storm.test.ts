import { readFileSync } from 'node:fs'
import { afterAll, expect, inject, test } from 'vitest'
import { hashPassword } from '#lib/crypto/password-hash.ts'
import { usableCores } from '#lib/runtime/cores.ts'
import { freePort } from '#server/free-port.ts'
import { createTestDatabase } from '#test/support/database.ts'
import { makeClone, removeClone, startServer, strictVariables } from '#test/support/process-server.ts'

const clone = makeClone()
afterAll(() => removeClone(clone))

const accounts = 200
const signIns = 1000
const mebibyte = 1024 * 1024

/** Resident memory of a process in bytes: now, and at its highest (Linux). */
function memoryOf(pid: number | undefined, field: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1]) * 1024
}

for (const from of ['a thousand addresses', 'one address'] as const) {
  test(`a thousand right sign-ins at once from ${from} are each 200 or 503, in bounded memory`, async () => {
    const database = await createTestDatabase(inject('databaseServerUrl'))
    const password = 'a slow green ferry'
    await database.sql(
      `WITH created AS (
         INSERT INTO users (email, username) SELECT 'storm' || n || '@example.com', 'storm' || n
         FROM generate_series(1, $1) n RETURNING id
       ), credential AS (INSERT INTO password_credentials (user_id, password_hash) SELECT id, $2 FROM created)
       INSERT INTO user_roles (user_id, role_id) SELECT id, 3 FROM created`,
      [accounts, await hashPassword(password)],
    )
    const server = await startServer({ clone, variables: strictVariables(database.url, await freePort()) })
    const warm = await server.client().login({ email: 'storm1', password })
    const { pid } = server.process
    const base = memoryOf(pid, 'VmRSS')

    const shared = server.client()
    const startedMs = performance.now()
    const answers = await Promise.all(
      Array.from({ length: signIns }, (_, index) => {
        const client = from === 'one address' ? shared : server.client()
        return client.login({ email: `storm${(index % accounts) + 1}`, password })
      }),
    )
    const seconds = (performance.now() - startedMs) / 1000
    const peak = memoryOf(pid, 'VmHWM')
    const later = await server.client().login({ email: 'storm7', password })
    await server.stop()

    const count = (status: number) => answers.filter((answer) => answer.status === status).length
    console.log(
      `${from}: ${count(200)} signed in, ${count(503)} refused, ${seconds.toFixed(1)} s, ` +
        `memory ${Math.round(base / mebibyte)} MiB, peak ${Math.round(peak / mebibyte)} MiB`,
    )
    expect(warm.status).toBe(200)
    expect(count(200) + count(503)).toBe(signIns)
    expect(count(200)).toBeGreaterThan(20)
    expect(peak).toBeLessThan(base + usableCores() * 19 * mebibyte + 64 * mebibyte)
    expect(later.status).toBe(200)
  })
}
