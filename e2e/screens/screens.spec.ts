// npm run screens: the pictures of the README, docs/screens/<page>-<look>.png. Looked at by people, compared by nobody.
import type { Browser, Page } from '@playwright/test'
import { type Credentials, createApiClient } from '#test/support/api-client.ts'
import { openIdControl } from '#test/support/openid-control.ts'
import { httpTransport } from '#test/support/process-server.ts'
import { readEnvironment } from '../support/environment.ts'
import { mailFor, register } from '../support/mail-scenes.ts'
import { mailServerUrl, mailTo } from '../support/mailbox.ts'
import { signInAtProvider } from '../support/providers.ts'
import { expect, signInOn, test } from '../support/ui.ts'

const looks = {
  'desktop-light': { viewport: { width: 1280, height: 800 }, colorScheme: 'light' },
  'desktop-dark': { viewport: { width: 1280, height: 800 }, colorScheme: 'dark' },
  'phone-light': { viewport: { width: 360, height: 740 }, colorScheme: 'light' },
  'phone-dark': { viewport: { width: 360, height: 740 }, colorScheme: 'dark' },
} as const

/** Others are drawn to their end. */
const oneScreen = new Set(['home', 'docs-start', 'docs-try', 'docs-reference'])

const password = 'a slow green ferry'
const anna = { email: 'anna@example.com', username: 'anna', password }
const ben = { email: 'ben@example.com', username: 'ben', password }
const cara = { email: 'cara@example.com', username: 'cara', password }

/** Has an account at the provider only. */
const dora = { subject: 'dora', email: 'dora@example.com' }

const devices = [
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 14_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.3 Safari/605.1.15',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0',
]

test('every page in every look', async ({ browser, url }) => {
  test.setTimeout(240_000)
  await signInOnDevices(url)
  await openIdControl(readEnvironment().providers.openId).setUser({
    ...dora,
    emailVerified: true,
    name: 'Dora',
  })
  const links = await askForLinks(url)
  const inbox = await fillInbox()
  for (const [look, use] of Object.entries(looks)) {
    const page = await openAs(browser, url, use)
    const draw = async (name: string, path: string) => {
      await page.goto(path)
      await page.waitForLoadState('networkidle')
      await page.screenshot({ path: `docs/screens/${name}-${look}.png`, fullPage: !oneScreen.has(name) })
    }
    await draw('home', '/')
    await draw('register', '/register')
    await draw('sign-in', '/login')
    await draw('forgot', '/forgot?done=sent')
    await draw('reset', links.reset)
    await draw('verify', links.verify)
    await draw('verify-code', '/verify?done=sent')
    await draw('change-email', links.changeEmail)
    await draw('inbox', inbox.list)
    await draw('inbox-message', inbox.message)
    await draw('not-found', '/nowhere')
    await draw('docs-start', '/docs/start')
    await draw('docs-try', '/docs#/auth/login')
    await draw('docs-reference', '/redoc')
    await page.goto('/login')
    await signInOn(page, anna)
    await expect(page.getByRole('heading', { name: 'Account', level: 1 })).toBeVisible()
    await draw('account', '/account')
    await draw('security', '/account/security')
    await draw('sessions', '/account/sessions')
    await draw('data', '/account/data')
    await signOut(page)
    // Of somebody who signs in with others only.
    await page.goto('/login?next=/account/security')
    await page.getByRole('button', { name: /^Continue with Harbour ID/ }).click()
    await signInAtProvider(page, dora)
    await page.waitForURL(({ pathname }) => pathname === '/account/security')
    await draw('security-connected', '/account/security')
    await signOut(page)
    await draw('sign-in-refused', '/login?social=account_exists&provider=github')
    await page.context().close()
  }
})

async function signOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Sign out', exact: true }).first().click()
  await page.waitForURL(({ pathname }) => pathname === '/login')
}

async function openAs(browser: Browser, url: string, use: (typeof looks)[keyof typeof looks]): Promise<Page> {
  const context = await browser.newContext({ ...use, baseURL: url, deviceScaleFactor: 2 })
  return context.newPage()
}

async function signInOnDevices(url: string): Promise<void> {
  const first = clientAt(url, '203.0.113.7')
  const { verification } = await register(first, anna)
  await first.send('/api/auth/verify-email', { json: { token: verification.token } })
  for (const [index, userAgent] of devices.entries()) {
    const device = clientAt(url, `203.0.113.${20 + index}`)
    const headers = { origin: url, 'user-agent': userAgent }
    await device.send('/api/auth/login', { json: { ...anna, transport: 'cookie' }, headers })
  }
}

function clientAt(url: string, address: string) {
  return createApiClient(url, httpTransport(url, address))
}

/** Links that nobody has used: looking at their pages does not. */
async function askForLinks(url: string) {
  const [ofBen, ofCara] = [clientAt(url, '203.0.113.40'), clientAt(url, '203.0.113.41')]
  const { verification } = await register(ofCara, cara)
  await register(ofBen, ben)
  await ofBen.login(ben)
  const wanted = { new_email: 'ben@new.example', password: ben.password }
  await ofBen.send('/api/auth/change-email', { json: wanted })
  await ofBen.send('/api/auth/forgot-password', { json: { email: ben.email } })
  return {
    verify: verification.link,
    reset: (await mailFor(ben.email, 'reset')).link,
    changeEmail: (await mailFor(wanted.new_email, 'confirmation')).link,
  }
}

/** On the server whose messages are captured. */
async function fillInbox(): Promise<{ list: string; message: string }> {
  const url = mailServerUrl()
  const accounts: Credentials[] = [anna, ben, cara]
  for (const account of accounts) await clientAt(url, '203.0.113.7').register(account)
  const { id } = await mailTo(cara.email, 'verify_email')
  const query = new URLSearchParams({ key: readEnvironment().inboxKey })
  return { list: `${url}/dev/mail?${query}`, message: `${url}/dev/mail/${id}?${query}` }
}
