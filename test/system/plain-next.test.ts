import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, inject, onTestFinished, test } from 'vitest'
import { freePort } from '#server/free-port.ts'
import { createApiClient, signIn } from '#test/support/api-client.ts'
import { createTestDatabase } from '#test/support/database.ts'
import {
  exitOf,
  makeClone,
  metricOf,
  type ProcessServer,
  rawTransport,
  removeClone,
  startProcess,
  strictVariables,
  until,
  untilReady,
} from '#test/support/process-server.ts'

let clone: string
beforeEach(() => {
  clone = makeClone()
})
afterEach(() => removeClone(clone))

const plainNext = ['node_modules/next/dist/bin/next', 'start']

function start(variables: Record<string, string>, entry: readonly string[] = plainNext): ProcessServer {
  const server = startProcess({ clone, variables, entry })
  onTestFinished(() => void server.process.kill('SIGKILL'))
  return server
}

async function strict(): Promise<Record<string, string>> {
  const { url } = await createTestDatabase(inject('databaseServerUrl'))
  return strictVariables(url, await freePort())
}

const pageOf = ({ url }: ProcessServer, path: string, headers: Record<string, string> = {}) =>
  createApiClient(url, rawTransport(url, null)).send(path, { headers })

describe('.env', () => {
  const written = ['Ten $HOME $', '{HOME} \\$5 $UNSET `x` "quoted" #1'].join('')
  const titleOf = async (server: ProcessServer) =>
    /<title>Sign in · (.*?)<\/title>/
      .exec((await pageOf(server, '/login')).text)?.[1]
      ?.replaceAll('&quot;', '"')
      .replaceAll('&amp;', '&')

  test.each([
    ['plain Next', plainNext],
    ['our own server', ['dist/pages.mjs']],
  ])('is read by %s as it is written, and the files that Next has besides are not read', async (_, entry) => {
    writeFileSync(join(clone, '.env'), `APP_NAME='${written}'\n`)
    for (const name of ['.env.local', '.env.production', '.env.production.local'])
      writeFileSync(join(clone, name), 'APP_NAME=Of another file\nREGISTRATION=closed\n')
    const server = start(await strict(), entry)
    await untilReady(server)

    expect(await titleOf(server)).toBe(written)
    expect((await server.client().register()).status).toBe(200)
    await server.stop()
  })

  test('holds a secret with a dollar sign: what Next would make of it is another secret', async () => {
    const { AUTH_SECRET, ...others } = await strict()
    writeFileSync(join(clone, '.env'), `AUTH_SECRET=${AUTH_SECRET}$HOME\n`)
    const first = start(others)
    await untilReady(first)
    await first.stop()

    const same = start(others, ['dist/headless.mjs'])
    await untilReady(same)
    await same.stop()
    writeFileSync(join(clone, '.env'), `AUTH_SECRET=${AUTH_SECRET}${process.env['HOME']}\n`)
    const expanded = start(others)

    expect(await exitOf(expanded.process)).toBe(78)
    expect(expanded.output()).toContain('AUTH_SECRET does not open the signing keys')
  })

  test('is below what is set', async () => {
    writeFileSync(join(clone, '.env'), 'APP_NAME=From the file\n')
    const server = start({ ...(await strict()), APP_NAME: 'From the process' })
    await untilReady(server)

    expect(await titleOf(server)).toBe('From the process')
    await server.stop()
  })
})

describe('without settings plain Next is a trial', () => {
  test('with a database and secrets of its own, the start screen of every way, and pages', async () => {
    const server = start({ PORT: String(await freePort()) })
    await untilReady(server, 40_000)
    await until(
      () => server.output().includes('/setup?token='),
      2_000,
      () => server.output(),
    )

    expect(server.output()).toContain('trial: embedded database, own secrets, this machine only')
    expect(server.output()).toContain('Missing for production: DATABASE_URL, APP_URL, AUTH_SECRET')
    const client = server.client({ address: null })
    await signIn(client)
    expect((await client.me()).status).toBe(200)
    const page = await pageOf(server, '/login', { accept: 'text/html' })
    expect(page.status).toBe(200)
    expect(page.headers.get('server-timing')).toBe('via;desc=next')
    expect(page.headers.get('content-security-policy')).toMatch(/'nonce-[\w+/]{22}=='/)
    const [, cluster = ''] = /^ {2}Database {2}([^\s,]+)/m.exec(server.output()) ?? []
    const lock = join(cluster, 'postmaster.pid')
    expect(existsSync(lock), lock).toBe(true)
    await server.stop()
    expect(existsSync(lock), 'PostgreSQL goes on').toBe(false)
  })

  test('for this machine only: no header of a client makes another one of it, and no foreign name is answered', async () => {
    const server = start({ PORT: String(await freePort()) })
    await untilReady(server, 40_000)
    const [note, own] = ['x-session-management-peer', '127.0.0.1 direct']

    for (const path of ['/login', '/api/auth/me']) {
      const statusWith = async (headers: Record<string, string>) =>
        (await pageOf(server, path, headers)).status
      const direct = await statusWith({})
      expect(direct, path).toBe(path === '/login' ? 200 : 401)
      for (const name of [
        'x-forwarded-for',
        'x-forwarded-host',
        'x-forwarded-proto',
        'forwarded',
        'x-real-ip',
      ]) {
        expect(await statusWith({ [name]: '127.0.0.1' }), `${path} ${name}`).toBe(403)
        expect(await statusWith({ [name]: '127.0.0.1', [note]: own }), `${path} ${name}, noted`).toBe(403)
      }
      expect(await statusWith({ [note]: '203.0.113.7 forwarded' }), path).toBe(direct)
      expect(await statusWith({ host: 'evil.example' }), path).toBe(421)
    }
    await server.stop()
  })

  test('kept from one start to the next, also of another way, and not shared by two at once', async () => {
    const port = { PORT: String(await freePort()) }
    const first = start(port)
    await untilReady(first, 40_000)
    const account = await signIn(first.client({ address: null }))
    const second = start({ PORT: String(await freePort()) }, ['dist/headless.mjs'])
    await until(
      () => second.output().includes('already running') || second.output().includes('  Health '),
      20_000,
      () => second.output(),
    )
    expect(second.output()).toContain(`already running (process ${first.process.pid})`)
    expect(await exitOf(second.process)).toBe(78)
    await first.stop()

    const third = start(port, ['dist/headless.mjs'])
    await untilReady(third, 40_000)

    expect((await third.client({ address: null }).login(account)).status).toBe(200)
    await third.stop()
  })
})

test('in strict mode plain Next refuses to start with all problems at once and exit code 78', async () => {
  const server = start({
    DATABASE_URL: 'postgresql://nobody@localhost:1/none',
    AUTH_SECRET: 'short-and-canary-7Q',
  })

  expect(await exitOf(server.process)).toBe(78)
  for (const setting of ['APP_URL', 'AUTH_SECRET', 'MAIL_SERVER', 'MAIL_FROM']) {
    expect(server.output()).toContain(`✗ ${setting} `)
  }
  expect(server.output()).not.toContain('canary-7Q')
})

test('on SIGTERM plain Next answers what is under way, and leaves within 15 s', async () => {
  const variables = await strict()
  const server = start(variables)
  await untilReady(server)
  const account = await signIn(server.client())
  const signingIn = Array.from({ length: 4 }, () => server.client().login(account))
  await until(
    async () => (await metricOf(server, 'password_hash_running')) >= 1,
    2_000,
    () => 'no hash runs',
  )

  const { code, ms } = await server.stop('SIGTERM')

  expect((await Promise.all(signingIn)).map(({ status }) => status)).toEqual([200, 200, 200, 200])
  // Next's own way to leave.
  expect(code).toBe(128 + 15)
  expect(ms).toBeLessThan(15_000)
})
