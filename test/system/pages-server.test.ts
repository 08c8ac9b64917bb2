import { connect, type Socket } from 'node:net'
import bcrypt from 'bcryptjs'
import pg from 'pg'
import { afterAll, expect, inject, onTestFinished, test } from 'vitest'
import { freePort } from '#server/free-port.ts'
import { type ApiClient, createApiClient, newAccount, signIn } from '#test/support/api-client.ts'
import { createTestDatabase, sql, type TestDatabase } from '#test/support/database.ts'
import {
  makeClone,
  metricOf,
  type ProcessServer,
  rawTransport,
  removeClone,
  startServer,
  strictVariables,
  until,
} from '#test/support/process-server.ts'

const clone = makeClone()
afterAll(() => removeClone(clone))

async function launchPages() {
  const database = await createTestDatabase(inject('databaseServerUrl'))
  const variables = strictVariables(database.url, await freePort())
  const server = await startServer({ clone, variables, entry: ['dist/pages.mjs'] })
  return { server, database }
}

/** A server of the test's own. */
async function startPages() {
  const started = await launchPages()
  onTestFinished(() => void started.server.process.kill('SIGKILL'))
  return started
}

afterAll(async () => (await running)?.server.process.kill('SIGKILL'))

let running: ReturnType<typeof launchPages> | undefined

/** One server for the tests that change nothing about it. */
async function shared(): Promise<ProcessServer> {
  running ??= launchPages()
  return (await running).server
}

let addresses = 0

/** A browser without scripts: pages and forms, and a cookie for each name. */
function browser({ url }: ProcessServer): ApiClient & {
  submit(path: string, fields: Record<string, string>): ReturnType<ApiClient['send']>
} {
  addresses += 1
  const client = createApiClient(url, rawTransport(url, `10.66.0.${addresses}`))
  return {
    ...client,
    submit: (path, fields) =>
      client.send(path, {
        body: new URLSearchParams(fields).toString(),
        headers: { 'content-type': 'application/x-www-form-urlencoded', origin: url, accept: 'text/html' },
      }),
  }
}

async function signedInBrowser(server: ProcessServer) {
  const { account } = await server.client().register()
  const client = browser(server)
  const answered = await client.submit('/api/auth/login', {
    ...account,
    transport: 'cookie',
    _page: '/login',
    _next: '/account',
  })
  expect(answered.headers.get('location')).toBe('/account')
  return { client, account }
}

async function refuses(server: ProcessServer): Promise<boolean> {
  return fetch(`${server.url}/api/health/live`).then(
    () => false,
    () => true,
  )
}

/** Makes every query on sessions wait until it is told to go on. */
async function holdSessions(database: TestDatabase): Promise<{ release(): Promise<void> }> {
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  await client.query('BEGIN; LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE')
  return { release: () => client.end() }
}

const waiting = (database: TestDatabase) =>
  sql(
    database.url,
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
  )

test('on SIGTERM readiness says 503 first, no page and no form under way fails, and the process leaves with 0', async () => {
  const { server } = await startPages()
  const { client, account } = await signedInBrowser(server)
  const seen = new Map<string, number>()
  let isReady = true
  const note = async (what: string, answering: ReturnType<ApiClient['send']>) => {
    const { status, text } = await answering
    const isWhole = status === 303 || text.endsWith('</html>')
    const key = `${what} ${status}${isWhole ? '' : ' cut short'}`
    seen.set(key, (seen.get(key) ?? 0) + 1)
  }
  const load = [
    ...Array.from({ length: 4 }, async (_, worker) => {
      while (isReady) await note('page', client.send(worker % 2 === 0 ? '/account' : '/account/sessions'))
    }),
    ...Array.from({ length: 2 }, async () => {
      while (isReady) {
        const fields = { ...account, transport: 'cookie', _page: '/login', _next: '/account' }
        await note('form', browser(server).submit('/api/auth/login', fields))
      }
    }),
  ]
  await until(
    () => (seen.get('page 200') ?? 0) > 20 && (seen.get('form 303') ?? 0) > 5,
    20_000,
    () => JSON.stringify([...seen]),
  )

  const stopping = server.stop('SIGTERM')
  await until(
    async () => (await fetch(`${server.url}/api/health/ready`)).status === 503,
    900,
    () => 'still ready',
  )
  isReady = false
  await Promise.all(load)
  const { code, ms } = await stopping

  expect([...seen.keys()].toSorted()).toEqual(['form 303', 'page 200'])
  expect(code).toBe(0)
  expect(ms).toBeLessThan(15_000)
  expect(server.output()).toContain('"event":"stopped"')
})

test('a page that is being drawn when the listener closes is still drawn', async () => {
  const { server, database } = await startPages()
  const { client } = await signedInBrowser(server)
  const held = await holdSessions(database)
  const drawing = client.send('/account/sessions')
  await until(
    async () => (await waiting(database)).length > 0,
    2_000,
    () => 'no page waits',
  )

  const stopping = server.stop('SIGINT')
  await until(
    () => refuses(server),
    2_000,
    () => 'still listening',
  )
  await held.release()
  const { status, text } = await drawing
  const { code, ms } = await stopping

  expect(status).toBe(200)
  expect(text.includes('This device') && text.endsWith('</html>')).toBe(true)
  expect(code).toBe(0)
  expect(ms).toBeLessThan(15_000)
})

test('a form whose password is being hashed when the listener closes still leads on', async () => {
  const { server, database } = await startPages()
  const account = await signIn(server.client())
  await database.sql('UPDATE password_credentials SET password_hash = $1', [
    bcrypt.hashSync(account.password, 13),
  ])
  const client = browser(server)
  const sending = client.submit('/api/auth/login', {
    ...account,
    transport: 'cookie',
    _page: '/login',
    _next: '/account/security',
  })
  await until(
    async () => (await metricOf(server, 'password_hash_running')) === 1,
    2_000,
    () => 'no hash runs',
  )

  const { code } = await server.stop('SIGINT')
  const answered = await sending

  expect(answered.status).toBe(303)
  expect(answered.headers.get('location')).toBe('/account/security')
  expect(client.cookies.size).toBeGreaterThan(0)
  expect(code).toBe(0)
})

/** Sends a request that offers another protocol, as some clients do with every one; what comes back is collected. */
function offer(
  server: ProcessServer,
  path: string,
  protocol: string,
): Promise<{ socket: Socket; text(): string }> {
  const { host, port } = new URL(server.url)
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: ${host}`,
    'Connection: Upgrade',
    `Upgrade: ${protocol}`,
    '',
    '',
  ]
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    const socket = connect(Number(port), '127.0.0.1', () => {
      socket.write(lines.join('\r\n'))
      resolve({ socket, text: () => Buffer.concat(chunks).toString() })
    })
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('error', () => {})
    onTestFinished(() => void socket.destroy())
  })
}

test('a request that offers another protocol is answered in its own, and holds nothing up when the server ends', async () => {
  const { server } = await startPages()
  // From here on Next has been asked for a page, and listens for whatever it listens for.
  expect((await fetch(`${server.url}/login`)).status).toBe(200)
  const expected = { '/api/auth/me': 401, '/login': 200, '/nowhere': 404, '/_next/hmr': 404 }

  for (const [path, status] of Object.entries(expected)) {
    for (const protocol of ['h2c', 'websocket', 'TLS/1.0']) {
      const { text } = await offer(server, path, protocol)
      await until(
        () => text().startsWith(`HTTP/1.1 ${status} `),
        5_000,
        () => `${protocol} on ${path}: ${text().slice(0, 80) || 'no answer'}`,
      )
    }
  }
  const { code, ms } = await server.stop()

  expect(code).toBe(0)
  expect(ms).toBeLessThan(15_000)
})

test('without scripts a refused set-up keeps its key, and the second try makes the administrator', async () => {
  const { server } = await startPages()
  const printed = () => /\/setup\?token=([\w-]{43})/.exec(server.output())
  await until(
    () => printed() !== null,
    2_000,
    () => 'no set-up link',
  )
  const [link = '', key = ''] = printed() ?? []
  const client = browser(server)
  const hidden = (html: string, name: string) =>
    new RegExp(`name="${name}" value="([^"]*)"`).exec(html)?.[1]?.replaceAll('&amp;', '&') ?? ''
  const fieldsOf = (html: string) =>
    Object.fromEntries(['_page', '_next', 'token'].map((name) => [name, hidden(html, name)]))
  const administrator = newAccount()

  const first = await client.send(link)
  const refused = await client.submit('/api/setup', {
    ...fieldsOf(first.text),
    ...administrator,
    username: 'two words',
  })
  const second = await client.send(refused.headers.get('location') ?? '')
  const done = await client.submit('/api/setup', { ...fieldsOf(second.text), ...administrator })

  expect(refused.status).toBe(303)
  expect(second.text.includes('value="two words"')).toBe(true)
  expect(hidden(second.text, 'token')).toBe(key)
  expect(done.headers.get('location')).toBe('/login?done=administrator')
  const api = server.client()
  await api.login(administrator)
  expect((await api.me()).body.roles).toEqual(['ADMIN', 'USER'])
  expect(server.output().split(key)).toHaveLength(2)
})

test.each([
  ['two proxies that each add a name', { 'x-forwarded-host': 'a.example, b.example' }],
  ['two proxies that each add a scheme', { 'x-forwarded-proto': 'https,http' }],
  ['a name that is none', { 'x-forwarded-host': 'a b' }],
  ['a scheme that is none', { 'x-forwarded-proto': '%%' }],
  ['nothing', { 'x-forwarded-host': '', 'x-forwarded-proto': '' }],
])('somebody who is signed in stays it behind %s', async (_, headers) => {
  const { client, account } = await signedInBrowser(await shared())
  for (const path of ['/', '/account', '/account/security']) {
    const answered = await client.send(path, { headers })
    expect(answered.status, path).toBe(200)
    expect(answered.text, path).toContain(account.username)
  }
})

test('a piece of a session cookie that somebody planted beside it signs nobody out', async () => {
  const { client, account } = await signedInBrowser(await shared())
  const [name = ''] = [...client.cookies.keys()].filter((one) => one.startsWith('session'))
  client.cookies.set(`${name}.0`, 'planted')

  const answered = await client.send('/')

  expect(answered.text).toContain(account.username)
})
