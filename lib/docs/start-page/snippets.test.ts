import { afterEach, expect, test, vi } from 'vitest'
import { newAccount } from '#test/support/api-client.ts'
import { serverForThisTest, type TestServer, testAppUrl } from '#test/support/harness.ts'
import { snippetsFor } from './snippets.ts'

interface Auth {
  register(account: object): Promise<unknown>
  login(email: string, password: string): Promise<{ username: string }>
  me(): Promise<{ username: string } | null>
  logout(): Promise<unknown>
}

interface Sent {
  method: string
  headers?: Record<string, string>
  body?: string
}

afterEach(() => {
  vi.unstubAllGlobals()
})

/** The code with tokens, run here against a server whose clock can be moved, with what it asks for. */
async function runBearerCode(
  server: TestServer,
): Promise<{ auth: Auth; asked: string[]; kept: Map<string, string> }> {
  const asked: string[] = []
  const kept = new Map<string, string>()
  vi.stubGlobal('localStorage', {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => kept.set(name, value),
    removeItem: (name: string) => kept.delete(name),
  })
  vi.stubGlobal('fetch', async (url: string, { method, headers = {}, body }: Sent) => {
    const path = url.replace(testAppUrl, '')
    asked.push(path.replace('/api/auth', ''))
    const answer = await server.client().send(path, { method, headers, ...(body && { body }) })
    return new Response(answer.text, { status: answer.status })
  })
  const code = (await snippetsFor(testAppUrl))['bearer.js']
  const auth = await import(`data:text/javascript,${encodeURIComponent(`${code}// ${crypto.randomUUID()}`)}`)
  return { auth, asked, kept }
}

test('the pasted code replaces a token that has run out, once for all callers of the moment', async () => {
  const server = await serverForThisTest()
  const { auth, asked } = await runBearerCode(server)
  const account = newAccount()
  await auth.register(account)
  await auth.login(account.email, account.password)
  await server.time.advance({ seconds: 11 * 60 })
  asked.length = 0

  const users = await Promise.all([auth.me(), auth.me(), auth.me()])

  expect(users.map((user) => user?.username)).toEqual(Array(3).fill(account.username))
  expect(asked.filter((path) => path === '/refresh')).toHaveLength(1)
})

test('the pasted code forgets tokens of a session that was ended, and keeps them through anything else', async () => {
  const server = await serverForThisTest()
  const { auth, kept } = await runBearerCode(server)
  const account = newAccount()
  await auth.register(account)
  await auth.login(account.email, account.password)

  server.runtime.phase = 'starting'
  await expect(auth.me()).rejects.toMatchObject({ status: 503, code: 'unavailable' })
  expect(kept.get('refresh_token')).toBeTruthy()
  server.runtime.phase = 'serving'
  await server.database.sql("UPDATE sessions SET ended_at = now(), ended_reason = 'revoked_by_admin'")

  expect(await auth.me()).toBe(null)
  expect(kept.size).toBe(0)
})

test('a refusal reaches the caller of the pasted code with its sentence and its code', async () => {
  const { auth } = await runBearerCode(await serverForThisTest())

  await expect(auth.login('nobody@example.com', 'wrong')).rejects.toMatchObject({
    message: 'Invalid email or password',
    code: 'invalid_credentials',
    status: 401,
  })
  expect(await auth.me()).toBe(null)
})
