import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, inject, onTestFinished, test } from 'vitest'
import { Secret } from '#lib/crypto/secret.ts'
import { startEmbeddedDatabase } from '#server/embedded-database.ts'
import { freePort } from '#server/free-port.ts'
import { type ApiClient, createApiClient, signIn } from '#test/support/api-client.ts'
import type { TestAnswer } from '#test/support/check-answer.ts'
import { createTestDatabase } from '#test/support/database.ts'
import {
  makeClone,
  type ProcessServer,
  rawTransport,
  removeClone,
  startServer,
  strictVariables,
  until,
} from '#test/support/process-server.ts'

const clone = makeClone()
afterAll(() => removeClone(clone))

const ways = [
  { way: 'our own server', entry: ['dist/pages.mjs'], via: 'node' },
  { way: 'plain Next', entry: ['node_modules/next/dist/bin/next', 'start'], via: 'next' },
] as const

const needsDatabase = ['/', '/login', '/account', '/account/security', '/account/sessions', '/setup']

async function start(databaseUrl: string, entry: readonly string[], variables: Record<string, string> = {}) {
  const server = await startServer({
    clone,
    entry,
    variables: { ...strictVariables(databaseUrl, await freePort()), ...variables },
  })
  onTestFinished(() => void server.process.kill('SIGKILL'))
  return server
}

/** A browser that is signed in, and asks for pages. */
async function signedIn(server: ProcessServer): Promise<ApiClient> {
  const client = server.client()
  await signIn(client, 'cookie')
  const pages = createApiClient(server.url, rawTransport(server.url, '10.77.0.1'))
  for (const [name, value] of client.cookies) pages.cookies.set(name, value)
  return pages
}

function expectReadable({ text, headers }: TestAnswer, heading: string, via: string): void {
  expect(headers.get('content-type')).toBe('text/html; charset=utf-8')
  expect(headers.get('content-security-policy')).toContain("default-src 'none'")
  expect(headers.get('cache-control')).toBe('no-store')
  expect(headers.get('server-timing')).toBe(`via;desc=${via}`)
  expect(text).toContain(`<h1>${heading}</h1>`)
  expect(text).toMatch(/<\/html>\s*$/)
  expect(text).not.toContain('<script')
  expect(text).toContain(headers.get('x-request-id') ?? 'no request id')
}

/** The log lines of one request, up to the one that says how it ended; they are written after its answer. */
async function linesOf(server: ProcessServer, requestId: string | null): Promise<Record<string, unknown>[]> {
  const lines = () =>
    server
      .output()
      .split('\n')
      // The last one may not be whole yet.
      .slice(0, -1)
      .filter((line) => line.startsWith('{') && line.includes(`"request_id":"${requestId}"`))
  await until(
    () => lines().some((line) => line.includes('"msg":"request"')),
    5_000,
    () => `not ended: ${lines().join('\n')}`,
  )
  return lines().map((line) => JSON.parse(line))
}

for (const { way, entry, via } of ways) {
  test(`${way}: while the database is down, pages that need it are 503 with Retry-After, readable without scripts, and heal`, async () => {
    const dataPath = mkdtempSync(join(tmpdir(), 'session-management-down-'))
    onTestFinished(() => rmSync(dataPath, { recursive: true, force: true }))
    const startDatabase = () =>
      startEmbeddedDatabase({ root: process.cwd(), dataPath, password: new Secret('only-for-this-test') })
    const database = await startDatabase()
    // Without its memory the server has to ask for every session.
    const server = await start(database.url.reveal(), entry, { LIVE_VIEW: 'off' })
    const pages = await signedIn(server)
    expect((await pages.send('/account/sessions')).status).toBe(200)

    await database.stop()
    const answers = await Promise.all(needsDatabase.map((path) => pages.send(path)))
    const anonymous = createApiClient(server.url, rawTransport(server.url, '10.77.0.2'))
    const login = await anonymous.send('/login')
    const back = await startDatabase()
    onTestFinished(() => back.stop())
    await until(
      async () => (await pages.send('/account/sessions')).status === 200,
      5_000,
      () => 'not healed',
    )

    expect(answers.map(({ status }) => status)).toEqual(needsDatabase.map(() => 503))
    for (const answer of answers) {
      expect(answer.headers.get('retry-after')).toBe('1')
      expectReadable(answer, 'Temporarily unavailable', via)
      const lines = await linesOf(server, answer.headers.get('x-request-id'))
      // A page that asks for several things at once fails with each.
      expect(lines.length).toBeGreaterThan(1)
      for (const failure of lines.slice(0, -1))
        expect(failure).toMatchObject({ level: 'error', code: 'unavailable', msg: 'request failed' })
      expect(lines.at(-1)).toMatchObject({ route: 'page', status: 503 })
    }
    expect(login.status).toBe(200)
    if (via === 'node') expect(server.output()).not.toContain('⨯')
    await server.stop()
  })

  test(`${way}: a fault of ours is a 500 that is readable without scripts, and its cause is in the log only`, async () => {
    const database = await createTestDatabase(inject('databaseServerUrl'))
    const server = await start(database.url, entry)
    const pages = await signedIn(server)
    await database.sql('ALTER TABLE sessions RENAME COLUMN device TO canary_of_the_schema')

    const answer = await pages.send('/account/sessions')

    expect(answer.status).toBe(500)
    expectReadable(answer, 'Internal error', via)
    expect(answer.text).not.toMatch(/canary|column/)
    const [failure] = await linesOf(server, answer.headers.get('x-request-id'))
    expect(failure).toMatchObject({ level: 'error', code: 'internal_error' })
    expect(JSON.stringify(failure)).toContain('does not exist')
    await server.stop()
  })
}
