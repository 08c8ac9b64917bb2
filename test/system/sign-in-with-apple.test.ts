import { join } from 'node:path'
import { type Browser, chromium, type Page } from '@playwright/test'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { freePort } from '#server/free-port.ts'
import { type Credentials, newAccount } from '#test/support/api-client.ts'
import { createTestDatabase } from '#test/support/database.ts'
import { type OpenIdProvider, startOpenIdProvider } from '#test/support/openid-provider.ts'
import {
  makeClone,
  type ProcessServer,
  removeClone,
  startServer,
  strictVariables,
} from '#test/support/process-server.ts'
import { startTlsFront, type TlsFront } from '#test/support/tls-front.ts'
import { findBrowser } from '../../bin/find-browser.mjs'
import { cancelAtProvider, signInAtProvider } from '../../e2e/support/providers.ts'

/**
 * Apple as a browser meets it: another site, over https, which answers by a form that its own page posts. A real OpenID
 * provider stands behind its name; the one thing that is not as with Apple is what it calls scopes.
 */
const clone = makeClone()
const ended = Buffer.from(JSON.stringify({ exp: 4_000_000_000 })).toString('base64url')
const client = { id: 'org.example.auth', secret: `e30.${ended}.signed` }

interface Stage {
  server: ProcessServer
  apple: OpenIdProvider
  fronts: { app: TlsFront; apple: TlsFront }
  browser: Browser
  url: string
}

let stage: Stage

/** Apple gives an ID token whatever is asked for. */
const inStandardWords = (path: string) =>
  path
    .replace('scope=name+email', 'scope=openid+email+profile')
    .replace('scope=name%20email', 'scope=openid+email+profile')

beforeAll(async () => {
  const { url: databaseUrl } = await createTestDatabase(inject('databaseServerUrl'))
  const port = await freePort()
  const app = await startTlsFront({ upstream: () => `http://127.0.0.1:${port}` })
  const url = `https://localhost:${app.port}`
  const redirectUris = [`${url}/api/auth/callback/apple`]
  const apple = await startOpenIdProvider({
    issuer: 'https://appleid.apple.com',
    clients: [{ ...client, redirectUris, authentication: 'client_secret_post' }],
  })
  const front = await startTlsFront({ upstream: () => apple.issuer, rewrite: inStandardWords })
  const variables = {
    ...strictVariables(databaseUrl, port),
    APP_URL: url,
    AUTH_APPLE_ID: client.id,
    AUTH_APPLE_SECRET: client.secret,
    APPLE_ELSEWHERE: apple.issuer,
  }
  const preload = join(process.cwd(), 'test/support/apple-elsewhere.mjs')
  const server = await startServer({ clone, variables, entry: ['--import', preload, 'dist/pages.mjs'] })
  const browser = await chromium.launch({
    executablePath: findBrowser(),
    args: [
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      `--host-resolver-rules=MAP appleid.apple.com 127.0.0.1:${front.port}`,
    ],
  })
  stage = { server, apple, fronts: { app, apple: front }, browser, url }
})

afterAll(async () => {
  await stage.browser.close()
  await stage.server.stop()
  await stage.apple.stop()
  await Promise.all([stage.fronts.app.stop(), stage.fronts.apple.stop()])
  removeClone(clone)
})

async function openPage(path: string): Promise<Page> {
  const context = await stage.browser.newContext({ baseURL: stage.url, ignoreHTTPSErrors: true })
  const page = await context.newPage()
  await page.goto(path)
  return page
}

async function somebody(): Promise<{ subject: string; email: string }> {
  const { username: subject, email } = newAccount()
  return stage.apple.setUser({ subject, email, emailVerified: true, name: 'Someone' })
}

/** The session of the page's browser, as the server tells it. */
const sessionOf = (page: Page) =>
  page.evaluate(async () => (await (await fetch('/api/auth/me')).json()).session)

async function register(): Promise<Credentials> {
  const { account } = await stage.server.client().register(newAccount())
  return account
}

test('Apple’s form signs in, with cookies that no other site gets to send', async () => {
  const page = await openPage('/login')
  await page.getByRole('button', { name: 'Continue with Apple' }).click()
  await page.waitForURL(({ origin }) => origin === 'https://appleid.apple.com')
  await signInAtProvider(page, await somebody())

  await page.waitForURL(`${stage.url}/account`)
  expect(await sessionOf(page)).toMatchObject({ kind: 'cookie', amr: ['fed', 'apple'] })
  const cookies = await page.context().cookies(stage.url)
  expect(new Set(cookies.map(({ sameSite }) => sameSite))).toEqual(new Set(['Lax']))
  expect(cookies.every(({ secure, name }) => secure && name.startsWith('__Host-'))).toBe(true)
})

test('Apple’s form connects to the session that asked, which goes on', async () => {
  const account = await register()
  const page = await openPage('/login?next=/account/security')
  await page.getByLabel('Email or user name').fill(account.email)
  await page.getByLabel('Password', { exact: true }).fill(account.password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('heading', { name: 'Connected accounts' }).waitFor()
  const { id } = await sessionOf(page)
  await page.getByRole('button', { name: 'Connect Apple' }).click()
  await signInAtProvider(page, await somebody())

  await page.getByText('Connected. You can sign in with it from now on.').waitFor()
  expect((await sessionOf(page)).id).toBe(id)
})

test('whoever cancels at Apple reads so', async () => {
  const page = await openPage('/login')
  await page.getByRole('button', { name: 'Continue with Apple' }).click()
  await cancelAtProvider(page)

  await page.getByText('Sign-in with Apple was cancelled.').waitFor()
  expect((await page.context().cookies(stage.url)).map(({ name }) => name)).not.toContain('__Host-session')
})
