import { newAccount } from '#test/support/api-client.ts'
import { expect, signInOn, test } from '../support/ui.ts'

test('sign up, sign in, see the account, end another device, sign out', async ({
  page,
  browser,
  url,
  address,
}) => {
  const account = newAccount()
  await page.goto('/')
  await page.getByRole('link', { name: 'Create account' }).click()
  await page.getByLabel('User name').fill(account.username)
  await page.getByLabel('Email').fill(account.email)
  await page.getByLabel('Password', { exact: true }).fill(account.password)
  await page.getByRole('button', { name: 'Create account' }).click()
  await expect(page.getByText('Account created. Sign in with it.')).toBeVisible()

  await signInOn(page, account)
  await expect(page.getByRole('heading', { name: 'Account', level: 1 })).toBeVisible()
  await expect(page.getByText(account.email)).toBeVisible()
  await expect(page).toHaveURL(`${url}/account`)

  const elsewhere = await browser.newContext({
    baseURL: url,
    extraHTTPHeaders: { 'x-forwarded-for': address },
    userAgent: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0',
  })
  const otherPage = await elsewhere.newPage()
  await otherPage.goto('/login')
  await signInOn(otherPage, { ...account, email: account.username })
  await expect(otherPage.getByRole('heading', { name: 'Account', level: 1 })).toBeVisible()

  await page.getByRole('link', { name: 'Sessions', exact: true }).click()
  await expect(page.getByText('This device', { exact: true })).toBeVisible()
  const other = page.getByRole('listitem').filter({ hasText: 'Firefox on Windows' })
  await other.getByRole('button', { name: 'Sign out' }).click()
  await expect(page.getByText('That device is signed out.')).toBeVisible()
  await expect(other).toHaveCount(0)

  await otherPage.reload()
  await expect(otherPage.getByRole('heading', { name: 'Sign in' })).toBeVisible()
  await expect(otherPage.getByText('This device was signed out from another one.')).toBeVisible()
  await elsewhere.close()

  await page.getByRole('button', { name: 'Sign out', exact: true }).click()
  await expect(page.getByText('You are signed out.')).toBeVisible()
  await page.goBack()
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()
})

test('all other devices are signed out at once', async ({ page, account, api }) => {
  await api.login(account)
  await page.goto('/login?next=/account/sessions')
  await signInOn(page, account)
  await page.getByText('Sign out everywhere else').click()
  await page.getByRole('button', { name: 'Sign out 1 other device' }).click()

  await expect(page.getByText('Your other devices are signed out.')).toBeVisible()
  await expect(page.getByText("You're only signed in here.")).toBeVisible()
  expect((await api.me()).status).toBe(401)
})

test('a password change signs out the others and keeps this device', async ({ page, account, api }) => {
  await api.login(account)
  await page.goto('/login?next=/account/security')
  await signInOn(page, account)
  await page.getByLabel('Current password', { exact: true }).fill(account.password)
  await page.getByLabel('New password', { exact: true }).fill('an entirely new ferry')
  await page.getByRole('button', { name: 'Change password' }).click()

  await expect(page.getByText('Password changed. Your other devices are signed out.')).toBeVisible()
  expect((await api.me()).body.ended_reason).toBe('password_changed')
  await page.reload()
  await expect(page.getByRole('heading', { name: 'Security', level: 1 })).toBeVisible()
})

test('the first administrator is made with the printed link, once', async ({ page, url }, info) => {
  const { readEnvironment } = await import('../support/environment.ts')
  const key = readEnvironment().setupKeys[String(info.project.metadata['server'])]
  const administrator = newAccount()
  const answer = await page.goto(`/setup?token=${key}`)
  // The first look to get here makes the administrator; for the others the page is gone, as it should be.
  if (answer?.status() === 404) {
    await expect(page.getByRole('heading', { name: 'There is nothing here' })).toBeVisible()
    return
  }
  await page.getByLabel('User name').fill(administrator.username)
  await page.getByLabel('Email').fill(administrator.email)
  await page.getByLabel('Password', { exact: true }).fill(administrator.password)
  await page.getByRole('button', { name: 'Create administrator' }).click()
  await expect(page.getByText('Administrator created. Sign in with this account.')).toBeVisible()
  await signInOn(page, administrator)
  await expect(page.getByText('ADMIN, USER')).toBeVisible()
  expect((await page.goto(`${url}/setup?token=${key}`))?.status()).toBe(404)
})
