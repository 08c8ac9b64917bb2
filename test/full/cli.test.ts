import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { afterAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import { freePort } from '#server/free-port.ts'
import { type ApiClient, newAccount, signIn } from '#test/support/api-client.ts'
import type { TestAnswer } from '#test/support/check-answer.ts'
import { runCommandProcess, runNode } from '#test/support/command-process.ts'
import { createTestDatabase, type TestDatabase } from '#test/support/database.ts'
import {
  makeClone,
  type ProcessServer,
  removeClone,
  startProcess,
  startServer,
  strictVariables,
  until,
  untilReady,
} from '#test/support/process-server.ts'

const clones: string[] = []
afterAll(() => clones.forEach(removeClone))

function ownClone(): string {
  const clone = makeClone()
  clones.push(clone)
  return clone
}

/** Two servers on one database, and the command line of the same installation. */
async function installation(more: Record<string, string> = {}) {
  const clone = ownClone()
  const database = await createTestDatabase(inject('databaseServerUrl'))
  const appPort = await freePort()
  const variables = { ...strictVariables(database.url, appPort), ...more }
  const other = { ...variables, PORT: String(await freePort()) }
  const [here, there] = await Promise.all([
    startServer({ clone, variables }),
    startServer({ clone, variables: other }),
  ])
  onTestFinished(async () => {
    await Promise.all([here.stop(), there.stop()])
  })
  const run = (...given: string[]) => runCommandProcess(given, { clone, variables })
  return { clone, database, variables, here, there, run }
}

/** The same session, presented to another server. */
function at(server: ProcessServer, { accessToken, refreshToken }: ApiClient): ApiClient {
  return Object.assign(server.client(), { accessToken, refreshToken })
}

interface Check {
  sentMs: number
  answer: TestAnswer
}

/** Asks all the time, as a busy front end does, until told to end. */
function watch(client: ApiClient) {
  const checks: Check[] = []
  let isOn = true
  const loop = (async () => {
    while (isOn) {
      const sentMs = performance.now()
      checks.push({ sentMs, answer: await client.me() })
      await pause(2)
    }
  })()
  return {
    checks,
    async end() {
      isOn = false
      await loop
      return checks
    },
  }
}

/** From a command's end on, how late the latest yes was sent; negative when it was before. */
function latestYesMs(checks: readonly Check[], endedMs: number): number {
  const yes = checks.filter(({ answer }) => answer.status === 200).map(({ sentMs }) => sentMs - endedMs)
  return Math.max(...yes)
}

const stalenessMsMax = 100

describe('the servers that run refuse at once what a command ended', () => {
  const commands: { name: string; given: (who: string) => string[]; code: string; reason?: string }[] = [
    {
      name: 'user disable',
      given: (who) => ['user', 'disable', who],
      code: 'session_ended',
      reason: 'user_disabled',
    },
    {
      name: 'user delete',
      given: (who) => ['user', 'delete', who, '--yes'],
      code: 'session_ended',
      reason: 'user_deleted',
    },
    {
      name: 'sessions end --user',
      given: (who) => ['sessions', 'end', '--user', who],
      code: 'session_ended',
      reason: 'revoked_by_admin',
    },
    {
      name: 'sessions end --all',
      given: () => ['sessions', 'end', '--all', '--yes'],
      code: 'session_ended',
      reason: 'revoked_by_admin',
    },
  ]

  test('both of two, within 100 ms of the end of the command, each with its reason', async () => {
    const { here, there, run } = await installation()
    for (const { name, given, code, reason } of commands) {
      const client = here.client()
      const { email } = await signIn(client)
      const watched = [watch(at(here, client)), watch(at(there, client))]
      await until(
        () => watched.every(({ checks }) => checks.some(({ answer }) => answer.status === 200)),
        10_000,
        () => 'nobody is let in',
      )

      const { exitCode, endedMs, complaints } = await run(...given(email))
      await pause(3 * stalenessMsMax)
      const ended = await Promise.all(watched.map((one) => one.end()))

      expect([exitCode, complaints], name).toEqual([0, ''])
      for (const checks of ended) {
        expect(latestYesMs(checks, endedMs), name).toBeLessThan(stalenessMsMax)
        expect(checks.at(-1)?.answer, name).toBeProblem(401, code)
        expect(checks.at(-1)?.answer.body.ended_reason, name).toBe(reason)
      }
    }
  })

  test('a key that was removed: its tokens at once, on both, and clients go on after a refresh', async () => {
    const { database, here, there, run } = await installation()
    const client = here.client()
    await signIn(client)
    const watched = [watch(at(here, client)), watch(at(there, client))]
    const [key] = await database.sql<{ kid: string }>('SELECT kid FROM signing_keys')

    const { exitCode, endedMs } = await run('keys', 'remove', key?.kid ?? '')
    await pause(3 * stalenessMsMax)
    const ended = await Promise.all(watched.map((one) => one.end()))

    expect(exitCode).toBe(0)
    for (const checks of ended) {
      expect(latestYesMs(checks, endedMs)).toBeLessThan(stalenessMsMax)
      expect(checks.at(-1)?.answer).toBeProblem(401, 'invalid_token')
    }
    const elsewhere = at(there, client)
    expect((await elsewhere.refresh()).status).toBe(200)
    for (const server of [here, there]) expect((await at(server, elsewhere).me()).status).toBe(200)
  })
})

/** Signs in, refreshes and asks all the time; also a service that verifies with the key set only. */
function busyUsers(servers: readonly ProcessServer[], appUrl: string) {
  const keySet = createRemoteJWKSet(new URL(`${servers[0]?.url}/.well-known/jwks.json`), {
    cooldownDuration: 0,
  })
  const failures: string[] = []
  const kids = new Set<string>()
  let isOn = true
  const use = async (server: ProcessServer, elsewhere: ProcessServer) => {
    const client = server.client()
    await signIn(client)
    while (isOn) {
      for (const answer of [await client.refresh(), await client.me(), await at(elsewhere, client).me()])
        if (answer.status !== 200) failures.push(`${answer.status} ${answer.text}`)
      const { protectedHeader } = await jwtVerify(client.accessToken ?? '', keySet, {
        issuer: appUrl,
        audience: appUrl,
      })
      kids.add(String(protectedHeader.kid))
      await pause(5)
    }
  }
  const loops = servers.map((server, index) =>
    use(server, servers[(index + 1) % servers.length] ?? server).catch(
      (error: Error) => void failures.push(error.message),
    ),
  )
  return {
    kids,
    async end() {
      isOn = false
      await Promise.all(loops)
      return failures
    },
  }
}

test('keys rotate: under load nobody is refused, neither by two servers nor by a service with the key set', async () => {
  const { database, variables, here, there, run } = await installation()
  const users = busyUsers([here, there], variables['APP_URL'] ?? '')
  const newKids = async (count: number) =>
    until(
      () => users.kids.size === count,
      10_000,
      () => `tokens of ${users.kids.size} keys`,
    )
  await newKids(1)

  const rotated = await run('keys', 'rotate', '--json')
  const { keys } = JSON.parse(rotated.output) as { keys: { kid: string; state: string }[] }
  await pause(300)
  // As if the ten minutes in which everybody learns of it had passed.
  await database.sql('UPDATE signing_keys SET activates_at = app_now() WHERE activates_at > app_now()')
  await newKids(2)
  await pause(300)
  const failures = await users.end()

  expect(failures).toEqual([])
  expect(keys.map(({ state }) => state).toSorted()).toEqual(['signing', 'waiting'])
  expect([...users.kids].toSorted()).toEqual(keys.map(({ kid }) => kid).toSorted())
})

describe('a trial', () => {
  test('commands work beside its server and without it; before the first start they say what to do', async () => {
    const clone = ownClone()
    const variables = { PORT: String(await freePort()) }
    const run = (...given: string[]) => runCommandProcess(given, { clone, variables })
    const before = await run('user', 'list')
    expect([before.exitCode, before.complaints]).toEqual([1, expect.stringContaining('npm start')])

    const server = startProcess({ clone, variables })
    onTestFinished(() => void server.process.kill('SIGKILL'))
    await untilReady(server, 40_000)
    const client = server.client({ address: null })
    const account = await signIn(client)
    const disabled = await run('user', 'disable', account.email)
    expect([disabled.exitCode, disabled.complaints]).toEqual([0, ''])
    expect(await client.me()).toBeProblem(401, 'session_ended')
    const doctor = await run('doctor')
    expect([doctor.exitCode, doctor.output]).toEqual([0, expect.stringContaining('All is well.')])
    expect((await server.stop()).code).toBe(0)

    const alone = await run('user', 'enable', account.email)
    expect([alone.exitCode, alone.complaints]).toEqual([0, ''])

    const again = startProcess({ clone, variables })
    onTestFinished(() => void again.process.kill('SIGKILL'))
    await untilReady(again, 40_000)
    expect((await again.client({ address: null }).login(account)).status).toBe(200)
    await again.stop()
  })
})

test('in development mode commands use the secret that the running server made', async () => {
  const clone = ownClone()
  const database = await createTestDatabase(inject('databaseServerUrl'))
  const variables = { DATABASE_URL: database.url, DEBUG: 'true', PORT: String(await freePort()) }
  const server = await startServer({ clone, variables })
  onTestFinished(async () => void (await server.stop()))

  const doctor = await runCommandProcess(['doctor', '--json'], { clone, variables })

  expect(doctor.exitCode).toBe(0)
  const { findings } = JSON.parse(doctor.output) as {
    findings: { check: string; state: string; detail: string }[]
  }
  expect(findings.find(({ check }) => check === 'keys')).toMatchObject({
    state: 'ok',
    detail: expect.stringContaining('signs since'),
  })
})

describe('the settings are those of the server', () => {
  test('they come from .env too, and all that is wrong with them is said at once, with exit code 78', async () => {
    const clone = ownClone()
    const database = await createTestDatabase(inject('databaseServerUrl'))
    const { AUTH_SECRET: secret, ...others } = strictVariables(database.url, 8000)
    const run = () => runCommandProcess(['keys', 'list'], { clone, variables: others })

    const refused = await runCommandProcess(['user', 'list'], {
      clone,
      variables: { DATABASE_URL: database.url },
    })
    expect([refused.exitCode, refused.output]).toEqual([78, ''])
    for (const setting of ['APP_URL', 'AUTH_SECRET', 'MAIL_SERVER'])
      expect(refused.complaints).toContain(`✗ ${setting} `)
    expect((await run()).exitCode).toBe(78)

    writeFileSync(join(clone, '.env'), `AUTH_SECRET=${secret}\n`)
    expect((await run()).exitCode).toBe(0)
  })

  test('a database that is down is exit code 1 and a sentence; the doctor looks at the rest', async () => {
    const clone = ownClone()
    const variables = strictVariables('postgresql://nobody:canary-Q7@127.0.0.1:1/none', await freePort())
    const list = await runCommandProcess(['user', 'list'], { clone, variables })
    const doctor = await runCommandProcess(['doctor'], { clone, variables })

    expect([list.exitCode, list.complaints]).toEqual([
      1,
      expect.stringContaining('The database does not answer'),
    ])
    expect(doctor.exitCode).toBe(1)
    expect(doctor.output).toContain('✗ database')
    expect(doctor.output).toContain('psql "$DATABASE_URL"')
    expect(doctor.output).toContain('✓ mail')
    for (const text of [list, doctor].flatMap(({ output, complaints }) => [output, complaints]))
      expect(text).not.toContain('canary-Q7')
  })

  test('a database that no server has migrated is left as it is', async () => {
    const database = await createTestDatabase(inject('databaseServerUrl'))
    await database.sql('DROP SCHEMA drizzle CASCADE')
    const variables = strictVariables(database.url, await freePort())

    const { exitCode, complaints } = await runCommandProcess(['user', 'list'], {
      clone: ownClone(),
      variables,
    })

    expect([exitCode, complaints]).toEqual([1, expect.stringContaining('Start the server')])
    expect(await database.sql("SELECT to_regclass('drizzle.__drizzle_migrations') AS name")).toEqual([
      { name: null },
    ])
  })
})

/** Everything that must not be printed, as it is in the database and the environment. */
async function secretsOf(database: TestDatabase): Promise<string[]> {
  const hashes = await database.sql<{ password_hash: string }>(
    'SELECT password_hash FROM password_credentials',
  )
  const sealed = await database.sql<{ hex: string }>(
    "SELECT encode(private_key_sealed, 'hex') AS hex FROM signing_keys",
  )
  return [...hashes.map(({ password_hash }) => password_hash), ...sealed.map(({ hex }) => hex)]
}

test('no command prints a secret, whatever it is asked', async () => {
  const canary = () => `canary-${randomBytes(20).toString('hex')}`
  const [authSecret, metricsToken, password] = [canary(), canary(), canary()]
  const { clone, database, variables, here } = await installation({
    AUTH_SECRET: authSecret,
    METRICS_TOKEN: metricsToken,
  })
  const client = here.client()
  const account = { ...newAccount(), password }
  await client.register(account)
  await client.login(account)
  const { email } = account
  const created = newAccount()
  const commands = [
    ['user', 'list'],
    ['user', 'show', email],
    ['user', 'sessions', email],
    ['user', 'roles', email, '--add', 'STAFF'],
    ['user', 'disable', email],
    ['user', 'show', password],
    ['admin', 'create', '--email', created.email, '--username', created.username, '--password-stdin'],
    ['admin', 'create', '--email', created.email, '--username', 'other', '--password-stdin'],
    ['keys', 'list'],
    ['keys', 'rotate'],
    ['doctor'],
    ['sessions', 'after-restore', '--yes'],
    ['user', 'delete', email, '--yes', '--erase'],
  ]
  const secrets = [
    authSecret,
    metricsToken,
    client.accessToken,
    client.refreshToken,
    ...(await secretsOf(database)),
  ]
  const printed: string[] = []
  for (const command of commands) {
    for (const json of [[], ['--json']]) {
      const options = { clone, variables, standardInput: `${password}\n` }
      const { output, complaints } = await runCommandProcess([...command, ...json], options)
      // What a person types as a name is theirs to see again.
      printed.push(command.includes(password) ? '' : output + complaints)
    }
  }

  const text = printed.join('\n')
  expect(text).toContain(email)
  for (const secret of [...secrets, ...(await secretsOf(database)), password])
    expect(text).not.toContain(secret)
})

test('npm run cli builds what is stale without a word on standard output', async () => {
  const { exitCode, output } = await runNode(['bin/cli.mjs', 'secret'], {
    clone: process.cwd(),
    variables: {},
  })

  expect(exitCode).toBe(0)
  expect(Buffer.from(output, 'base64')).toHaveLength(48)
  expect(output).toMatch(/^[A-Za-z0-9+/]{64}\n$/)
})
