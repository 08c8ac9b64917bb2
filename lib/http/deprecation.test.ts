import { expect, test } from 'vitest'
import { useServer } from '#test/support/harness.ts'
import { respond } from './answer.ts'
import { type Contract, contract } from './contract.ts'
import { requireSoundDeprecation } from './deprecation.ts'
import { endpoint } from './endpoint.ts'
import { createRouter } from './router.ts'

const server = useServer()

const live = {
  operationId: 'old',
  method: 'GET',
  path: '/api/old',
  summary: 'Old',
  description: 'Old.',
  tag: 'operations',
  principal: 'none',
  responses: {},
  problems: ['not_found'],
} satisfies Contract

function ask(definition: Contract, path = '/api/old', headers: Record<string, string> = {}) {
  const router = createRouter([
    endpoint(contract(definition), async ({ request }) => {
      if (request.url.endsWith('?refuse')) throw new Error('refused')
      return { text: '{}', headers }
    }),
  ])
  const request = new Request(`http://localhost:8000${path}`, { headers: { host: 'localhost:8000' } })
  const peer = { address: '127.0.0.1', via: 'node', hasPages: false, wasForwarded: false } as const
  return respond(server.runtime, router.match('/api/old'), request, peer)
}

const deprecated = {
  since: '2026-01-01T00:00:00Z',
  sunset: '2026-12-31T23:59:59Z',
  link: 'https://example.com/upgrade',
}

test('every answer of an operation that is given up says since when, until when and where to read on', async () => {
  for (const path of ['/api/old', '/api/old?refuse']) {
    const { headers } = await ask({ ...live, deprecated }, path)

    expect(headers.get('deprecation')).toBe('@1767225600')
    expect(headers.get('sunset')).toBe('Thu, 31 Dec 2026 23:59:59 GMT')
    expect(headers.get('link')).toBe('<https://example.com/upgrade>; rel="deprecation"')
  }
})

test('the link stands beside the one to the next page', async () => {
  const { headers } = await ask({ ...live, deprecated }, '/api/old', { link: '</api/old?p=2>; rel="next"' })

  expect(headers.get('link')).toBe(
    '</api/old?p=2>; rel="next", <https://example.com/upgrade>; rel="deprecation"',
  )
})

test('the log says who still uses it', async () => {
  await ask({ ...live, deprecated: { since: deprecated.since } })

  const lines = server.logs.filter(({ route }) => route === '/api/old')
  expect(lines.at(-1)).toMatchObject({ deprecated: true, client: '127.0.0.1' })
})

test('any other operation says nothing of it', async () => {
  const { headers } = await ask(live)

  for (const name of ['deprecation', 'sunset', 'link']) expect(headers.get(name)).toBe(null)
})

test.each([
  ['an instant that is none', { since: 'soon' }],
  ['an end that is none', { since: '2026-01-01T00:00:00Z', sunset: 'later' }],
  ['an end before the beginning', { since: '2026-01-02T00:00:00Z', sunset: '2026-01-01T00:00:00Z' }],
])('%s is found when the endpoint is put together', (_, given) => {
  expect(() => requireSoundDeprecation(given)).toThrow(/a deprecation/)
  expect(() => endpoint(contract({ ...live, deprecated: given }), async () => ({ text: '{}' }))).toThrow()
})

test('an instant between two seconds is told in whole ones', async () => {
  const answered = await ask({ ...live, deprecated: { since: '2026-01-01T00:00:00.900Z' } })

  expect(answered.headers.get('deprecation')).toBe('@1767225600')
})
