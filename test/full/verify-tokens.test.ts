import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest'
import { freePort } from '#server/free-port.ts'
import { signIn } from '#test/support/api-client.ts'
import { runCommandProcess } from '#test/support/command-process.ts'
import { createTestDatabase } from '#test/support/database.ts'
import {
  exitOf,
  makeClone,
  type ProcessServer,
  removeClone,
  startServer,
  strictVariables,
  until,
} from '#test/support/process-server.ts'

const clone = makeClone()
const started: { server?: ProcessServer; variables: Record<string, string> } = { variables: {} }

beforeAll(async () => {
  const database = await createTestDatabase(inject('databaseServerUrl'))
  started.variables = strictVariables(database.url, await freePort())
  started.server = await startServer({ clone, variables: started.variables })
})
afterAll(async () => {
  await started.server?.stop()
  removeClone(clone)
})

function authServer(): ProcessServer {
  if (!started.server) throw new Error('the server starts before the tests')
  return started.server
}

/** Writes a program of the guide beside the packages that it imports. */
function programOf(name: string): string {
  const guide = readFileSync('docs/verify-tokens.md', 'utf8')
  const text = guide.split('```').find((block) => block.startsWith(`js\n// ${name}\n`))
  if (!text) throw new Error(`${name} is not in the guide`)
  const file = join(clone, name)
  writeFileSync(file, text.slice('js\n'.length))
  return file
}

/** Runs the service of the guide as it is printed there. */
async function startService(issuer: string): Promise<string> {
  const port = await freePort()
  const { PATH = '' } = process.env
  const service: ChildProcess = spawn(process.execPath, [programOf('service.mjs')], {
    env: { PATH, ISSUER: issuer, PORT: String(port) } as unknown as NodeJS.ProcessEnv,
  })
  onTestFinished(async () => {
    service.kill()
    await exitOf(service)
  })
  const url = `http://127.0.0.1:${port}`
  await until(
    () => ask(url, null).then(Boolean, () => false),
    10_000,
    () => 'the service does not listen',
  )
  return url
}

async function ask(url: string, token: string | null) {
  const answer = await fetch(url, { headers: token === null ? {} : { authorization: `Bearer ${token}` } })
  return { status: answer.status, text: await answer.text() }
}

test('the Node service of the guide takes access tokens and nothing else, also of a key that it has never seen', async () => {
  const { variables } = started
  const server = authServer()
  const service = await startService(variables['APP_URL'] ?? '')
  const client = server.client()
  await signIn(client)
  const { id, roles, session } = (await client.me()).body
  const browser = server.client()
  await signIn(browser, 'cookie')
  const [cookie = ''] = browser.cookies.values()

  const taken = await ask(service, client.accessToken)
  expect(taken.status).toBe(200)
  expect(JSON.parse(taken.text)).toEqual({ id, roles, sessionId: session.id })
  const [header, payload] = client.accessToken?.split('.') ?? []
  const unsigned = `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${payload}.`
  const altered = `${header}.${payload}.${'A'.repeat(86)}`
  for (const token of [null, '', 'a.b.c', unsigned, altered, cookie, client.refreshToken])
    expect((await ask(service, token)).status, String(token)).toBe(401)

  const listed = await runCommandProcess(['keys', 'list', '--json'], { clone, variables })
  const [key] = JSON.parse(listed.output).keys
  await runCommandProcess(['keys', 'remove', key.kid], { clone, variables })
  const old = client.accessToken
  await client.refresh()
  await until(
    async () => (await ask(service, client.accessToken)).status === 200,
    5_000,
    () => 'a new key is not found',
  )
  expect((await ask(service, old)).status).toBe(401)
})

test('while the key set cannot be read, it answers 503 and signs nobody out', async () => {
  const client = authServer().client()
  await signIn(client)
  const service = await startService(`http://127.0.0.1:${await freePort()}`)

  expect((await ask(service, client.accessToken)).status).toBe(503)
})

test('the online check of the guide tells who it is, that it is nobody, and that nobody can tell', async () => {
  const { variables } = started
  const client = authServer().client()
  const account = await signIn(client)
  const program = programOf('online.mjs')
  const check = async (issuer: string | undefined, authorization: string) => {
    const script = `
      import { userOf } from ${JSON.stringify(program)}
      const user = await userOf(${JSON.stringify(authorization)}).catch(() => ({ username: 'nobody can tell' }))
      process.stdout.write(user?.username ?? 'nobody')`
    const { PATH = '' } = process.env
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      env: { PATH, ISSUER: issuer } as unknown as NodeJS.ProcessEnv,
    })
    const chunks: string[] = []
    child.stdout.on('data', (chunk) => chunks.push(String(chunk)))
    await new Promise((resolve) => child.once('close', resolve))
    return chunks.join('')
  }

  expect(await check(variables['APP_URL'], `Bearer ${client.accessToken}`)).toBe(account.username)
  expect(await check(variables['APP_URL'], 'Bearer a.b.c')).toBe('nobody')
  await client.logout()
  expect(await check(variables['APP_URL'], `Bearer ${client.accessToken}`)).toBe('nobody')
  expect(await check('http://127.0.0.1:1', 'Bearer a.b.c')).toBe('nobody can tell')
})
