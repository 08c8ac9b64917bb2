import { expect, type Page } from '@playwright/test'
import { type Behaviour, hostileControl } from '#test/support/hostile-control.ts'
import { defaultPassword } from '#test/support/openid-control.ts'

/** Who signs in at the provider. */
export interface AtProvider {
  subject: string
  /** Default: the one that users get who were made without one. */
  password?: string
}

/**
 * Passes the pages of the provider (test/support/openid-provider.ts): signs in and allows what the application asks
 * for. Call it when the browser is on its way there for the first time; a second time the provider asks nothing, until
 * {@link forgetProvider}. Returns when the browser leaves for the application.
 */
export async function signInAtProvider(page: Page, user: AtProvider): Promise<void> {
  await passLoginPage(page, user)
  const { origin } = new URL(page.url())
  await page.getByRole('button', { name: 'Allow' }).click()
  await leftFrom(page, origin)
}

/** Says no: on the login page, or, with a user, after signing in. The application gets `access_denied`. */
export async function cancelAtProvider(page: Page, user?: AtProvider): Promise<void> {
  if (user) await passLoginPage(page, user)
  const title = user ? 'Allow access at the provider' : 'Sign in at the provider'
  await expect(page.getByRole('heading', { name: title })).toBeVisible()
  const { origin } = new URL(page.url())
  await page.getByRole('button', { name: 'Cancel' }).click()
  await leftFrom(page, origin)
}

/**
 * How the hostile provider (test/support/hostile-provider.ts) behaves towards this browser, and no other.
 *
 * @returns the id of the flow, by which its requests are found
 */
export async function meetHostileProvider(page: Page, issuer: string, behaviour: Behaviour): Promise<string> {
  const { id, cookie } = await hostileControl(issuer).openFlow(behaviour)
  await page.context().addCookies([cookie])
  return id
}

/** The provider asks again who is there, and what may be known. */
export async function forgetProvider(page: Page): Promise<void> {
  await page.context().clearCookies({ domain: '127.0.0.1', name: /^(session|interaction|resume)_\d+/ })
}

async function passLoginPage(page: Page, { subject, password = defaultPassword }: AtProvider): Promise<void> {
  await page.getByLabel('Subject').fill(subject)
  await page.getByLabel('Password at the provider').fill(password)
  await page.getByRole('button', { name: 'Continue' }).click()
  await expect(page.getByRole('heading', { name: 'Allow access at the provider' })).toBeVisible()
}

async function leftFrom(page: Page, origin: string): Promise<void> {
  await page.waitForURL((url) => url.origin !== origin)
}
