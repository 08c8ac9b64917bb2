import { readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { expect, inject, onTestFinished, test } from 'vitest'
import { freePort } from '#server/free-port.ts'
import { createTestDatabase, sql } from '#test/support/database.ts'
import { type ProcessServer, startProcess, until, untilReady } from '#test/support/process-server.ts'
import { changeSource, copySources } from '#test/support/source-copy.ts'

/** The first time a page is asked for it is compiled. */
const compileMsMax = 60_000
const reloadMsMax = 20_000

/** Against a database of its own that tests can look into, and without any other setting. */
async function startIn(copy: string, entry: readonly string[]) {
  const database = await createTestDatabase(inject('databaseServerUrl'))
  const variables = {
    DATABASE_URL: database.url,
    DEBUG: 'true',
    PORT: String(await freePort()),
    NODE_ENV: 'development',
    NEXT_TELEMETRY_DISABLED: '1',
    SHUTDOWN_DELAY_SECONDS: '0',
  }
  const server = startProcess({ clone: copy, variables: { ...variables }, entry })
  onTestFinished(async () => void (await server.stop()))
  await untilReady(server, compileMsMax)
  return { server, url: database.url }
}

async function textOf({ url }: ProcessServer, path: string): Promise<string> {
  const answer = await fetch(`${url}${path}`)
  return `${answer.status} ${await answer.text()}`
}

/** What would differ if there were two of something, or another one than before. */
async function identityOf(server: ProcessServer, url: string) {
  const metrics = await textOf(server, '/metrics')
  const listeners = await sql<{ pid: number }>(
    url,
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE '%change feed'",
  )
  return {
    process: /^process_start_time_seconds (\d+)/m.exec(metrics)?.[1],
    listeners: listeners.map(({ pid }) => pid),
    announcements: server.output().match(/^ {2}Health /gm)?.length,
  }
}

/** Requests that one and the same runtime has counted for a route so far. */
async function countedFor(server: ProcessServer, route: string): Promise<number> {
  const lines = (await textOf(server, '/metrics')).matchAll(
    new RegExp(`^http_server_request_duration_seconds_count\\{[^}]*route="${route}"[^}]*\\} (\\d+)$`, 'gm'),
  )
  return [...lines].reduce((sum, [, count]) => sum + Number(count), 0)
}

/** What a browser keeps open for hot reload; collects what is sent over it. */
function openHotReload({ url }: ProcessServer): Promise<{ bytes(): number }> {
  return new Promise((resolve, reject) => {
    const headers = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': Buffer.from('sixteen bytes of').toString('base64'),
      origin: url,
    }
    const sent = request(`${url}/_next/hmr?id=a-browser-of-this-test`, { headers })
    sent.on('upgrade', (_, socket) => {
      let bytes = 0
      socket.on('data', (chunk) => {
        bytes += chunk.length
      })
      socket.on('error', () => {})
      onTestFinished(() => void socket.destroy())
      resolve({ bytes: () => bytes })
    })
    sent.on('response', ({ statusCode }) => reject(new Error(`no upgrade: ${statusCode}`)))
    sent.on('error', reject)
    sent.end()
  })
}

const page = 'app/login/page.tsx'

test('npm run dev shows a changed page at once, and keeps its one runtime and its one listener', async () => {
  const copy = copySources()
  const { server, url } = await startIn(copy, ['bin/start.mjs', 'development'])
  expect(await textOf(server, '/login')).toContain('>Sign in</h1>')
  const before = await identityOf(server, url)
  const counted = await countedFor(server, 'page')
  const hotReload = await openHotReload(server)
  const told = hotReload.bytes()
  let asked = 0

  for (const title of ['Changed once', 'Changed twice']) {
    const text = readFileSync(join(copy, page), 'utf8')
    writeFileSync(join(copy, page), text.replace(/title="[^"]*">/, `title="${title}">`))
    await until(
      async () => {
        asked += 1
        return (await textOf(server, '/login')).includes(`>${title}</h1>`)
      },
      reloadMsMax,
      () => `not reloaded: ${server.output()}`,
    )
  }

  expect(await identityOf(server, url)).toEqual(before)
  expect(before.listeners).toHaveLength(1)
  expect(before.announcements).toBe(1)
  expect(await countedFor(server, 'page')).toBe(counted + asked)
  expect(hotReload.bytes()).toBeGreaterThan(told)
})

test('npm run dev starts anew for a changed file of the server, and one process is left to listen', async () => {
  const copy = copySources()
  const { server, url } = await startIn(copy, ['bin/start.mjs', 'development'])
  const before = await identityOf(server, url)
  const nothing = async () => await (await fetch(`${server.url}/api/nothing`)).text()
  expect(await nothing()).toContain('There is nothing here.')

  changeSource(copy, 'lib/problems.ts', 'There is nothing here.', 'Nothing at all.')
  await until(
    () =>
      nothing().then(
        (text) => text.includes('Nothing at all.'),
        () => false,
      ),
    reloadMsMax,
    () => `not started anew: ${server.output()}`,
  )
  await untilReady(server)

  const after = await identityOf(server, url)
  expect(after.process).not.toBe(before.process)
  expect(after.announcements).toBe(2)
  expect(after.listeners).toHaveLength(1)
  const { code } = await server.stop()
  expect(code).toBe(0)
  expect(
    await sql(
      url,
      'SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    ),
  ).toEqual([])
})

test('next dev takes a changed page and a changed operation, with the runtime it has', async () => {
  const copy = copySources()
  const { server, url } = await startIn(copy, ['node_modules/next/dist/bin/next', 'dev'])
  const signOut = async () => (await fetch(`${server.url}/api/auth/logout`, { method: 'POST' })).text()
  expect(await textOf(server, '/login')).toContain('>Sign in</h1>')
  expect(await signOut()).toContain('"message":"Signed out"')
  const before = await identityOf(server, url)

  changeSource(copy, page, 'title="Sign in">', 'title="Changed">')
  await until(
    async () => (await textOf(server, '/login')).includes('>Changed</h1>'),
    reloadMsMax,
    () => `not reloaded: ${server.output()}`,
  )
  changeSource(copy, 'lib/auth/logout/logout.endpoint.ts', "'Signed out'", "'Signed out twice'")
  await until(
    async () => (await signOut()).includes('"message":"Signed out twice"'),
    reloadMsMax,
    () => `not reloaded: ${server.output()}`,
  )

  expect(await identityOf(server, url)).toEqual(before)
  expect(before.listeners).toHaveLength(1)
  expect(before.announcements).toBe(1)
})
