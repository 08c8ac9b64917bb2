import { expect, test } from 'vitest'
import { endpoints } from '#lib/endpoints.ts'
import { signIn } from '#test/support/api-client.ts'
import { useServer } from '#test/support/harness.ts'
import { answer } from './answer.ts'
import { fromWeb } from './request.ts'
import { createRouter } from './router.ts'

const server = useServer()
const router = createRouter(endpoints)
const peer = { address: '127.0.0.1', via: 'node', hasPages: false, wasForwarded: false } as const

function ask(path: string, headers: Record<string, string>) {
  const request = new Request(`http://localhost:8000${path}`, {
    headers: { host: 'localhost:8000', ...headers },
  })
  return answer(server.runtime, router.match(path), fromWeb(request), peer)
}

test('what memory can answer, or refuse, is answered in the turn in which it was asked', async () => {
  const [bearer, cookie] = [server.client(), server.client()]
  await signIn(bearer)
  await signIn(cookie, 'cookie')
  const credentials = [
    { authorization: `Bearer ${bearer.accessToken}` },
    { cookie: `session_8000=${cookie.cookies.get('session_8000')}` },
  ]

  for (const headers of credentials) {
    await ask('/api/auth/me', headers)
    expect(ask('/api/auth/me', headers)).toMatchObject({ status: 200 })
  }
  expect(ask('/api/health/live', {})).toMatchObject({ status: 200 })
  expect(ask('/api/auth/me', {})).toMatchObject({ status: 401 })
  expect(ask('/api/auth/me', { host: 'evil.example' })).toMatchObject({ status: 421 })
  expect(ask('/api/nothing', {})).toMatchObject({ status: 404 })
})

test('a session that was ended is refused in the next turn, although memory knew it a moment ago', async () => {
  const client = server.client()
  await signIn(client)
  const headers = { authorization: `Bearer ${client.accessToken}` }
  await ask('/api/auth/me', headers)
  expect(ask('/api/auth/me', headers)).toMatchObject({ status: 200 })

  await client.logout()

  expect(await ask('/api/auth/me', headers)).toMatchObject({ status: 401 })
})
