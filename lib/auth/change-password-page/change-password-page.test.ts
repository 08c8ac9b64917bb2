import { expect, test } from 'vitest'
import { serverForThisTest, useServer } from '#test/support/harness.ts'

const server = useServer()
const path = '/.well-known/change-password'

test('a server without pages, and without pages elsewhere, has nothing to lead to', async () => {
  expect(await server.client().send(path)).toBeProblem(404, 'not_found')
})

test('a headless server leads to the pages of the front end', async () => {
  const own = await serverForThisTest({ PAGES_URL: 'https://www.example.com' })

  const answer = await own.client().send(path)

  expect(answer.status).toBe(302)
  expect(answer.headers.get('location')).toBe('https://www.example.com/account/security#password')
  expect(answer.headers.get('cache-control')).toBe('no-store')
})

test('nothing is said to be where password managers look for what cannot be', async () => {
  const impossible = '/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200'

  expect(await server.client().send(impossible)).toBeProblem(404, 'not_found')
})
