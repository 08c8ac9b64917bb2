import { expect, test } from 'vitest'
import { meEndpoint } from '#lib/auth/me/me.endpoint.ts'
import { shareRuntime } from '#lib/runtime/process-runtime.ts'
import { useServer } from '#test/support/harness.ts'
import { declarePeersNoted } from './next-peer.ts'
import { declareOwnServer } from './own-server.ts'
import { serve } from './serve.ts'

const server = useServer()

test('route files answer nothing where our own server has the table: what comes is a path that was read in two ways', async () => {
  shareRuntime(Promise.resolve(server.runtime))
  const { GET } = serve(meEndpoint)
  const ask = async () => {
    const headers = { host: 'localhost:8000', 'x-forwarded-for': '203.0.113.7' }
    return (await GET(new Request('http://localhost:8000/api/auth/me', { headers }))).status
  }

  const onServerless = await ask()
  const linesBefore = server.logs.length
  declareOwnServer()
  const behindOurs = await ask()
  const linesAfter = server.logs.length
  declarePeersNoted()
  const underPlainNext = await ask()

  expect([onServerless, behindOurs, underPlainNext]).toEqual([401, 404, 401])
  expect(linesAfter).toBe(linesBefore)
})
