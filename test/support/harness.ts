import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, inject, onTestFinished } from 'vitest'
import { readConfig } from '#lib/config/read-config.ts'
import { currentScheme, type NewHashScheme } from '#lib/crypto/password-hash.ts'
import { Secret } from '#lib/crypto/secret.ts'
import { endpoints } from '#lib/endpoints.ts'
import { respond } from '#lib/http/answer.ts'
import { wasForwarded } from '#lib/http/client-address.ts'
import { createRouter, pathnameOf } from '#lib/http/router.ts'
import type { Clock } from '#lib/runtime/clock.ts'
import { createRuntime } from '#lib/runtime/create-runtime.ts'
import { createLog } from '#lib/runtime/log.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import { type ApiClient, createApiClient, type Transport } from './api-client.ts'
import { caughtUp, heardAll } from './caught-up.ts'
import { checkAnswer } from './check-answer.ts'
import { createTestDatabase, type TestDatabase } from './database.ts'

export interface TestServer {
  runtime: Runtime
  database: TestDatabase
  time: TestTime
  /** Log lines so far, parsed. */
  logs: Record<string, unknown>[]
  /** A client with an address of its own, so that no limit is shared between tests. */
  client(options?: { address?: string }): ApiClient
  close(): Promise<void>
}

export interface TestTime {
  /** Moves the clock of the process and the one of the database together. */
  advance(by: { seconds: number }): Promise<void>
}

export const testAppUrl = 'http://localhost:8000'

/** A three-hundredth of the work of a real hash. */
const cheapScheme: NewHashScheme = { ...currentScheme, memoryKiB: 64 }

/** Settings as the environment has them; the mode is strict unless they say otherwise. */
type Variables = Record<string, string>

interface Making {
  /** The server on whose database it stands. */
  beside?: TestServer
  /** True for tests of the hashes themselves. */
  hashesForReal?: boolean
}

/** A server without a socket: the real endpoints and pipeline over a database of its own. */
async function testServer(
  variables: Variables = {},
  { beside, hashesForReal = false }: Making = {},
): Promise<TestServer> {
  const database = beside?.database ?? (await createTestDatabase(inject('databaseServerUrl')))
  const logs: Record<string, unknown>[] = []
  const { clock, time } = testClock(database)
  const runtime = await createRuntime(testConfig(database.url, variables), {
    clock,
    log: createLog('debug', { write: (line: string) => void logs.push(JSON.parse(line)) }),
    passwordScheme: hashesForReal ? currentScheme : cheapScheme,
  })
  await settle(runtime)
  runtime.phase = 'serving'
  const router = createRouter(endpoints)
  const transport =
    (peer: string): Transport =>
    async (request) => {
      const pathname = pathnameOf(request.url)
      const response = await respond(runtime, router.match(pathname), request, {
        address: peer,
        via: 'node',
        hasPages: false,
        wasForwarded: wasForwarded(request.headers),
      })
      const { loginFailureStatus } = runtime.config
      return checkAnswer(request.method, pathname, response, { loginFailureStatus })
    }
  return {
    runtime,
    database: { ...database, sql: withFeedCaughtUp(database, runtime) },
    time,
    logs,
    client: ({ address = uniqueAddress() } = {}) => createApiClient(testAppUrl, transport(address)),
    async close() {
      await runtime.close()
      if (!beside) await database.drop()
    },
  }
}

/** Everything that a process loads once is loaded before the first test looks. */
async function settle(runtime: Runtime): Promise<void> {
  const { changeFeed, accessTokens } = runtime
  // Some tests are about a server that cannot read the keys.
  const loadKeys = () => accessTokens.publicKeys().catch(() => {})
  await loadKeys()
  await changeFeed?.start()
  await caughtUp(runtime)
  await loadKeys()
}

/** What a person types in psql reaches every process within milliseconds; tests do not wait for milliseconds. */
function withFeedCaughtUp(database: TestDatabase, runtime: Runtime): TestDatabase['sql'] {
  return async (text, values) => {
    const rows = await database.sql(text, values)
    await heardAll(runtime)
    return rows as never
  }
}

/** One server for all tests of a file. Give tests accounts of their own; use {@link serverForThisTest} to move time. */
export function useServer(variables: Variables = {}, making: Making = {}): TestServer {
  const holder: { server?: TestServer } = {}
  beforeAll(async () => {
    holder.server = await testServer(variables, making)
  })
  afterAll(() => holder.server?.close())
  return new Proxy({} as TestServer, {
    get: (_, key) => {
      if (!holder.server) throw new Error('the server starts before the first test of the file')
      return Reflect.get(holder.server, key)
    },
  })
}

/** Another process, so to speak, on the database of a server; closed when the test ends. */
export async function serverBeside(server: TestServer): Promise<TestServer> {
  const another = await testServer({}, { beside: server })
  onTestFinished(() => another.close())
  return another
}

/** As {@link testServer}, closed when the test ends. */
export async function serverForThisTest(variables: Variables = {}, making: Making = {}): Promise<TestServer> {
  const server = await testServer(variables, making)
  onTestFinished(() => server.close())
  return server
}

function testConfig(databaseUrl: string, variables: Variables) {
  const outcome = readConfig(
    {
      DATABASE_URL: databaseUrl,
      APP_URL: testAppUrl,
      AUTH_SECRET: 'a root secret of the tests that is long enough',
      MAIL: 'off',
      LOG_LEVEL: 'debug',
      ...variables,
    },
    { authSecret: new Secret('a generated secret of the tests that is long enough'), databaseUrl: null },
  )
  if (outcome.kind === 'refused') throw new Error(JSON.stringify(outcome.problems))
  return outcome.config
}

function testClock(database: TestDatabase): { clock: Clock; time: TestTime } {
  let offsetMs = 0
  return {
    clock: { now: () => new Date(Date.now() + offsetMs), monotonicMs: () => performance.now() + offsetMs },
    time: {
      async advance({ seconds }) {
        offsetMs += seconds * 1000
        await database.sql('UPDATE test_clock SET offset_seconds = $1', [offsetMs / 1000])
      },
    },
  }
}

/** From 10.0.0.0/8: each test client is a house of its own. */
function uniqueAddress(): string {
  return `10.${[...randomBytes(3)].join('.')}`
}
