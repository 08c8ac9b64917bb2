import type { Page } from '@playwright/test'
import { newAccount } from '#test/support/api-client.ts'
import { sql, withDatabase } from '#test/support/database.ts'
import type { Fault } from '#test/support/hostile-control.ts'
import { openIdControl } from '#test/support/openid-control.ts'
import { readEnvironment } from '../support/environment.ts'
import { cancelAtProvider, meetHostileProvider, signInAtProvider } from '../support/providers.ts'
import { expect, expectAccessible, signInOn, test } from '../support/ui.ts'

const { providers, databaseUrl } = readEnvironment()
const { openId, hostile } = providers

/** Somebody at the provider with pages whom no other test knows. */
async function somebody(given: { email?: string; emailVerified?: boolean } = {}) {
  const { username: subject, email } = newAccount()
  return openIdControl(openId).setUser({ subject, email, emailVerified: true, name: 'Someone', ...given })
}

const withHarbour = (page: Page) => page.getByRole('button', { name: /^Continue with Harbour ID/ }).click()
const withGitHub = (page: Page) => page.getByRole('button', { name: /^Continue with GitHub/ }).click()

/** A person of the misbehaving provider for this browser alone. */
async function meet(page: Page, faults: readonly Fault[] = []) {
  const { username: login, email } = newAccount()
  const subject = String(Math.floor(Number(`0x${login.slice(-12)}`) % 1e12) + 1)
  await meetHostileProvider(page, hostile, { faults, person: { subject, email, login } })
  return { email, login }
}

/** Somebody without a password, on a page of theirs. */
async function signInWithGitHub(page: Page, path = '/account') {
  const person = await meet(page)
  await page.goto(`/login?${new URLSearchParams({ next: path })}`)
  await withGitHub(page)
  await page.waitForURL((url) => url.pathname === path)
  return person
}

/** Their sign-in was a while ago; the new name makes every process read the session again. */
async function ageSignIn(email: string): Promise<void> {
  await sql(
    withDatabase(databaseUrl, 'e2e_pages'),
    `WITH aged AS (
       UPDATE sessions SET authenticated_at = authenticated_at - interval '11 minutes'
       WHERE user_id = (SELECT id FROM users WHERE email = $1)
     )
     UPDATE users SET username = username || '.' WHERE email = $1`,
    [email],
  )
}

const passwordFields = (page: Page) => page.getByLabel('Current password', { exact: true })

test('through the pages of the provider into an account, which stands among the devices and ends at once', async ({
  page,
  browser,
  url,
  address,
}) => {
  const { subject, email } = await somebody()
  await page.goto('/login?next=/account/sessions')
  await withHarbour(page)
  await signInAtProvider(page, { subject })

  await page.waitForURL((to) => to.pathname === '/account/sessions')
  await expect(page.getByText('This device', { exact: true })).toBeVisible()
  await page.getByText('Details').first().click()
  await expect(page.getByText('Harbour ID', { exact: true })).toBeVisible()

  const elsewhere = await browser.newContext({
    baseURL: url,
    extraHTTPHeaders: { 'x-forwarded-for': address },
  })
  const other = await elsewhere.newPage()
  await other.goto('/register')
  await withHarbour(other)
  await signInAtProvider(other, { subject })
  await expect(other.getByText(email).first()).toBeVisible()

  await page.reload()
  await page.getByRole('listitem').getByRole('button', { name: 'Sign out' }).click()
  await expect(page.getByText('That device is signed out.')).toBeVisible()
  await other.reload()
  await expect(other.getByText('This device was signed out from another one.')).toBeVisible()
  await elsewhere.close()
})

test('cancelling at the provider is no alarm, and the button is still there', async ({ page }) => {
  await page.goto('/login')
  await withHarbour(page)
  await cancelAtProvider(page)

  await expect(page.getByText('Sign-in with Harbour ID was cancelled.')).toBeVisible()
  await expect(page.getByRole('button', { name: /^Continue with Harbour ID/ })).toBeVisible()
})

test('the provider that was used last is marked', async ({ page }) => {
  await meet(page)
  await page.goto('/login')
  await expect(page.getByText('Last used')).toHaveCount(0)
  await withGitHub(page)
  await page.waitForURL(/\/account/)
  await page.getByRole('button', { name: 'Sign out', exact: true }).click()

  const marked = page.getByRole('button', { name: /Last used/ })
  await expect(marked).toHaveCount(1)
  await expect(marked).toContainText('Continue with GitHub')
})

test.describe('what goes wrong is said in plain words, and nobody is signed in', () => {
  const sentences: [Fault, RegExp][] = [
    ['state-wrong', /begun too long ago, or in another tab or browser/],
    ['token-500', /GitHub does not answer/],
    ['token-garbage', /could not be verified, so nobody was signed in/],
    ['email-unverified', /GitHub has not verified your email address/],
    ['access-denied', /Sign-in with GitHub was cancelled/],
  ]
  for (const [fault, sentence] of sentences) {
    test(fault, async ({ page, url }) => {
      await meet(page, [fault])
      await page.goto('/login')
      await withGitHub(page)

      await expect(page.getByText(sentence)).toBeVisible()
      expect(new URL(page.url()).origin).toBe(url)
      await page.goto('/account')
      await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()
    })
  }
})

test('whoever has an account signs in to it first, then connects, and from then on signs in with both', async ({
  page,
  account,
  api,
}) => {
  await api.login(account)
  const { email } = (await api.me()).body
  // The owner proves the address: they connect an identity of the same one.
  const own = await somebody({ email })
  await page.goto('/login?next=/account/security')
  await signInOn(page, account)
  await page.getByRole('button', { name: 'Connect Harbour ID' }).click()
  await signInAtProvider(page, own)
  await expect(page.getByText('Connected. You can sign in with it from now on.')).toBeVisible()
  await expect(page.getByText(own.email).first()).toBeVisible()
  await page.getByRole('button', { name: 'Sign out', exact: true }).click()

  // Another identity that names the address opens nothing.
  const { subject } = await somebody({ email })
  await page.context().clearCookies({ domain: '127.0.0.1' })
  await withHarbour(page)
  await signInAtProvider(page, { subject })
  await expect(page.getByText(/You already have an account with this address/)).toBeVisible()

  await page.context().clearCookies({ domain: '127.0.0.1' })
  await withHarbour(page)
  await signInAtProvider(page, own)
  await page.waitForURL((to) => to.pathname.startsWith('/account'))
  await page.goto('/account/security')
  await page.getByRole('button', { name: 'Disconnect Harbour ID' }).click()
  await expect(page.getByText('Disconnected. It signs in to your account no more.')).toBeVisible()
})

test('the only way in cannot be disconnected, and a password can be set by mail', async ({ page }) => {
  await signInWithGitHub(page, '/account/security')

  await expect(page.getByText('This is your only way to sign in.')).toBeVisible()
  await expect(page.getByRole('button', { name: /^Disconnect/ })).toHaveCount(0)
  await expect(page.getByText('Your account has no password.')).toBeVisible()
  await page.getByRole('button', { name: 'Send a link to set a password' }).click()
  await expect(page.getByText('We sent a link to your address.')).toBeVisible()
})

test('whoever has no password changes the address and deletes the account without one', async ({ page }) => {
  await signInWithGitHub(page)
  await expect(passwordFields(page)).toHaveCount(0)
  const { email } = newAccount()
  await page.getByLabel('New email').fill(email)
  await page.getByRole('button', { name: 'Change email' }).click()
  await expect(page.getByText('We sent a link to the new address.')).toBeVisible()
  await expect(page.getByText(email)).toBeVisible()

  await page.goto('/account/data')
  await page.getByText('Delete my account').first().click()
  await expect(passwordFields(page)).toHaveCount(0)
  await page.getByRole('button', { name: 'Delete my account' }).click()
  await expect(page.getByText('Your account is deleted.')).toBeVisible()
})

test('whoever has no password, and signed in a while ago, confirms with the provider first', async ({
  page,
  hasScripts,
}) => {
  const { email } = await signInWithGitHub(page)
  const pages: [string, () => Promise<void>][] = [
    ['/account', () => expect(page.getByLabel('New email')).toBeVisible()],
    [
      '/account/security',
      () => expect(page.getByRole('button', { name: 'Connect Harbour ID' })).toBeVisible(),
    ],
    ['/account/data', () => expect(page.getByText('Delete my account').first()).toBeVisible()],
  ]
  for (const [path, isOffered] of pages) {
    await ageSignIn(email)
    // The server hears of it a moment later.
    await expect(async () => {
      await page.goto(path)
      await expect(page.getByText('Your sign-in was a while ago.')).toBeVisible({ timeout: 1000 })
    }).toPass()
    if (hasScripts) await expectAccessible(page)
    await page.getByRole('button', { name: 'Confirm with GitHub' }).click()
    await page.waitForURL((url) => url.pathname === path)
    await isOffered()
  }
})

test('a refusal of signIn("credentials") is said on the sign-in page', async ({ page }) => {
  await page.goto('/login?error=CredentialsSignin&code=invalid_credentials')
  await expect(page.getByText('Invalid email or password')).toBeVisible()
})
