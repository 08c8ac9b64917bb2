import { createServer, type Server } from 'node:http'
import { expect, test } from '@playwright/test'
import { newAccount } from '#test/support/api-client.ts'
import { readEnvironment } from '../support/environment.ts'

/** A front end of its own: one page, on another origin than the server. */
let frontEnd: Server
const { frontEndPort, servers } = readEnvironment()
const frontEndUrl = `http://127.0.0.1:${frontEndPort}`
const api = servers['headless']

test.beforeAll(async () => {
  frontEnd = createServer((_, response) => {
    response.setHeader('content-type', 'text/html')
    response.end('<!doctype html><title>Front end</title><p>Front end')
  })
  await new Promise<void>((resolve) => frontEnd.listen(frontEndPort, '127.0.0.1', resolve))
})

test.afterAll(() => void frontEnd.close())

test('a page on another origin signs up, signs in, calls me, refreshes and signs out over CORS', async ({
  page,
}) => {
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(error.message))
  await page.goto(frontEndUrl)

  const seen = await page.evaluate(
    async ({ api, account }) => {
      const send = (path: string, body?: object, token?: string) =>
        fetch(`${api}${path}`, {
          method: body ? 'POST' : 'GET',
          headers: {
            ...(body && { 'content-type': 'application/json' }),
            ...(token && { authorization: `Bearer ${token}` }),
          },
          ...(body && { body: JSON.stringify(body) }),
        })
      const registered = await send('/api/auth/register', account)
      const refused = await send('/api/auth/login', { ...account, password: 'wrong' })
      const refusedDetail = (await refused.json()).detail
      const tokens = await (await send('/api/auth/login', account)).json()
      const me = await (await send('/api/auth/me', undefined, tokens.access_token)).json()
      const fresh = await (await send('/api/auth/refresh', { refresh_token: tokens.refresh_token })).json()
      const again = await send('/api/auth/me', undefined, fresh.access_token)
      const out = await send('/api/auth/logout', { refresh_token: fresh.refresh_token }, fresh.access_token)
      const after = await send('/api/auth/me', undefined, fresh.access_token)
      return {
        statuses: [registered.status, refused.status, again.status, out.status, after.status],
        refusedDetail,
        email: me.email,
        requestId: after.headers.get('x-request-id'),
        afterCode: (await after.json()).code,
      }
    },
    { api, account: newAccount() },
  )

  expect(seen.statuses).toEqual([200, 401, 200, 200, 401])
  expect(seen.refusedDetail).toBe('Invalid email or password')
  expect(seen.afterCode).toBe('session_ended')
  expect(seen.requestId).toBeTruthy()
  expect(problems).toEqual([])
})

test('a page on an origin that is not listed can read nothing', async ({ page }) => {
  const stranger = createServer((_, response) =>
    response.setHeader('content-type', 'text/html').end('stranger'),
  )
  await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve))
  const address = stranger.address()
  await page.goto(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`)

  const outcome = await page.evaluate(
    (url) =>
      fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })
        .then((answer) => `read ${answer.status}`)
        .catch((error) => error.name),
    `${api}/api/auth/login`,
  )
  stranger.close()

  expect(outcome).toBe('TypeError')
})
