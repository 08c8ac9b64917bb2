import { setTimeout as pause } from 'node:timers/promises'
import { type Browser, chromium, type Page } from '@playwright/test'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { freePort } from '#server/free-port.ts'
import { type ApiClient, type Credentials, newAccount } from '#test/support/api-client.ts'
import { createTestDatabase } from '#test/support/database.ts'
import { type DatabaseProxy, startDatabaseProxy } from '#test/support/database-proxy.ts'
import {
  makeClone,
  type ProcessServer,
  removeClone,
  startServer,
  strictVariables,
  until,
} from '#test/support/process-server.ts'
import { findBrowser } from '../../bin/find-browser.mjs'

/** What somebody writes who knows Auth.js, below the provider that this application has for it. */
const probe = `
import { useSession, signIn, signOut } from 'next-auth/react'
import { createRoot } from 'react-dom/client'
import { SessionProvider } from './components/auth-js/session-provider.tsx'

function Probe() {
  const { data, status } = useSession()
  return <p>{status} {data ? data.user.id + ' ' + data.user.name + ' ' + data.sessionId : 'nobody'}</p>
}
Object.assign(window, { signIn, signOut })
createRoot(document.querySelector('main')).render(<SessionProvider><Probe /></SessionProvider>)
`

const clone = makeClone()
const stage: { server?: ProcessServer; proxy?: DatabaseProxy; browser?: Browser; script?: string } = {}

beforeAll(async () => {
  const { url } = await createTestDatabase(inject('databaseServerUrl'))
  stage.proxy = await startDatabaseProxy(url)
  const variables = strictVariables(stage.proxy.url, await freePort())
  stage.server = await startServer({ clone, variables, entry: ['dist/pages.mjs'] })
  const built = await build({
    stdin: { contents: probe, resolveDir: process.cwd(), loader: 'tsx' },
    bundle: true,
    write: false,
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"', 'process.env': '{}' },
  })
  stage.script = built.outputFiles[0]?.text ?? ''
  stage.browser = await chromium.launch({
    executablePath: findBrowser(),
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  })
})

afterAll(async () => {
  await stage.browser?.close()
  await stage.server?.stop()
  stage.proxy?.close()
  removeClone(clone)
})

function started() {
  const { server, proxy, browser } = stage
  if (!server || !proxy || !browser) throw new Error('started before the first test')
  return { server, proxy, browser }
}

interface Visit {
  page: Page
  account: Credentials
  /** Somebody at another device of the same account. */
  elsewhere: ApiClient
  /** As when the page comes to the front. Resolves with the status of what was asked then. */
  comeToFront(): Promise<number>
}

/** A browser on a page of the server's own origin that shows what useSession() says. */
async function visit(): Promise<Visit> {
  const { server, browser } = started()
  const { account } = await server.client().register(newAccount())
  const elsewhere = server.client()
  await elsewhere.login(account)
  const context = await browser.newContext({ baseURL: server.url })
  const page = await context.newPage()
  await page.route('**/probe', (route) =>
    route.fulfill({ contentType: 'text/html', body: '<main></main><script src="/probe.js"></script>' }),
  )
  await page.route('**/probe.js', (route) =>
    route.fulfill({ contentType: 'text/javascript', body: stage.script ?? '' }),
  )
  await page.goto('/probe')
  const comeToFront = async () => {
    const asked = page.waitForRequest(/\/api\/auth\/session$/)
    let isAsked = false
    asked.finally(() => {
      isAsked = true
    })
    // A page that was just loaded does not listen yet.
    while (!isAsked) {
      await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))
      await pause(100)
    }
    return (await (await asked).response())?.status() ?? 0
  }
  return { page, account, elsewhere, comeToFront }
}

const saidBy = (page: Page) => page.locator('p').textContent()

async function says(page: Page, expected: string | RegExp): Promise<void> {
  const fits = (text: string | null) =>
    text !== null && (typeof expected === 'string' ? text === expected : expected.test(text))
  let said: string | null = null
  await until(
    async () => {
      said = await saidBy(page)
      return fits(said)
    },
    10_000,
    () => `${said} instead of ${expected}`,
  )
}

/** signIn("credentials") of next-auth/react, as a page of theirs calls it. */
async function signInThere(page: Page, { email, password }: Credentials) {
  return page.evaluate(
    (fields) =>
      (window as unknown as { signIn(id: string, options: object): Promise<object> }).signIn('credentials', {
        ...fields,
        redirect: false,
      }),
    { email, password },
  )
}

const sessionCookies = async (page: Page) =>
  (await page.context().cookies()).filter(({ name }) => name.startsWith('session_'))

describe('useSession() in a browser', () => {
  test('follows signIn("credentials") and signOut(), and tells our user and our session', async () => {
    const { page, account, elsewhere } = await visit()
    await says(page, 'unauthenticated nobody')

    expect(await signInThere(page, { ...account, password: 'some other words' })).toMatchObject({
      ok: false,
      status: 401,
      error: 'CredentialsSignin',
      code: 'invalid_credentials',
    })
    await says(page, 'unauthenticated nobody')
    expect(await signInThere(page, account)).toMatchObject({ ok: true })

    const { sessions } = (await elsewhere.send('/api/auth/sessions')).body
    const own = sessions.find(({ current }: { current: boolean }) => !current)
    const { id } = (await elsewhere.me()).body
    await says(page, `authenticated ${id} ${account.username} ${own.id}`)

    await page.evaluate(() =>
      (window as unknown as { signOut(options: object): Promise<void> }).signOut({ redirect: false }),
    )
    await says(page, 'unauthenticated nobody')
    expect((await elsewhere.send('/api/auth/sessions')).body.sessions).toHaveLength(1)
  })

  test('says nobody as soon as the session was ended elsewhere', async () => {
    const { page, account, elsewhere, comeToFront } = await visit()
    await signInThere(page, account)
    await says(page, /^authenticated/)

    await elsewhere.send('/api/auth/sessions', { method: 'DELETE' })

    expect(await comeToFront()).toBe(200)
    await says(page, 'unauthenticated nobody')
  })

  test('through an outage of the database signs nobody out, and recovers by itself', async () => {
    const { proxy } = started()
    const { page, account, elsewhere, comeToFront } = await visit()
    await signInThere(page, account)
    await says(page, /^authenticated/)
    const before = await saidBy(page)
    const cookies = await sessionCookies(page)
    const seen: (string | null)[] = []

    proxy.hold('all')
    await until(
      async () => {
        const status = await comeToFront()
        seen.push(await saidBy(page))
        return status === 503
      },
      15_000,
      () => 'the database is away, and nobody says so',
    )
    await comeToFront()
    seen.push(await saidBy(page))
    const told = page.waitForResponse(
      (answer) => answer.url().endsWith('/api/auth/session') && answer.status() === 200,
    )
    proxy.release()
    await told

    expect(new Set(seen)).toEqual(new Set([before]))
    await says(page, before ?? '')
    expect(await sessionCookies(page)).toEqual(cookies)
    await elsewhere.send('/api/auth/sessions', { method: 'DELETE' })
    await comeToFront()
    await says(page, 'unauthenticated nobody')
  })
})

test('a page of ours, which asks auth(), outlives an outage and not its session', async () => {
  const { proxy, server } = started()
  const { page, account, elsewhere, comeToFront } = await visit()
  await signInThere(page, account)
  await page.goto('/account')
  const heading = page.getByRole('heading', { name: 'Account', level: 1 })
  await heading.waitFor()
  const loads: string[] = []
  page.on('framenavigated', (frame) => loads.push(frame.url()))

  proxy.hold('all')
  await until(
    async () => (await comeToFront()) === 503,
    15_000,
    () => 'the database is away, and nobody says so',
  )
  expect(loads).toEqual([])
  const answer = await page.goto('/account')
  expect(answer?.status()).toBeGreaterThanOrEqual(500)
  expect(new URL(page.url()).pathname).toBe('/account')
  proxy.release()
  await until(
    async () => (await fetch(`${server.url}/api/health/ready`)).status === 200,
    10_000,
    () => 'not ready',
  )
  await page.goto('/account')
  await heading.waitFor()

  await elsewhere.send('/api/auth/sessions', { method: 'DELETE' })
  await comeToFront()
  await page.waitForURL(/\/login\?.*ended=revoked_by_user/)
})
