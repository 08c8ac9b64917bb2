import { expect, signInOn, test } from '../support/ui.ts'

test.beforeEach(async ({ hasScripts }, info) => {
  // What scripts add is looked at where scripts run; the rest of the specs show that nothing needs them.
  info.annotations.push({ type: 'scripts', description: String(hasScripts) })
})

test('a password can be shown, is told to be shown, and is hidden while it is sent', async ({
  page,
  hasScripts,
}) => {
  await page.goto('/login')
  const show = page.getByRole('button', { name: 'Show password' })
  if (!hasScripts) return expect(show).toHaveCount(0)
  const password = page.getByLabel('Password', { exact: true })
  await password.fill('a slow green ferry')
  await show.click()

  await expect(password).toHaveAttribute('type', 'text')
  await expect(show).toHaveAttribute('aria-pressed', 'true')
})

test('the theme is chosen once and holds before anything is drawn', async ({ page, hasScripts }) => {
  await page.goto('/login')
  const dark = page.getByRole('radio', { name: 'Dark' })
  if (!hasScripts) return expect(dark).toHaveCount(0)
  await page.getByText('Dark', { exact: true }).click()
  const answer = await page.goto('/register')

  expect(await answer?.text()).toContain('<html lang="en" class="dark">')
  await expect(page.locator('body')).toHaveCSS('background-color', 'rgb(6, 23, 32)')
})

test('what cannot be sent is said, and kept', async ({ page, account, context, hasScripts }) => {
  await page.goto('/login')
  if (!hasScripts) return expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible()
  await page.route('**/api/auth/login', (route) => route.abort())
  await signInOn(page, account).catch(() => {})
  await expect(page.getByText("We couldn't reach the server. Nothing was changed. Try again.")).toBeVisible()
  await expect(page.getByLabel('Password', { exact: true })).toHaveValue(account.password)

  await context.setOffline(true)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await expect(page.getByText('You appear to be offline. Nothing was sent.')).toBeVisible()
  await context.setOffline(false)
})

test('a slow sign-in shows that it is under way', async ({ page, account, hasScripts }) => {
  await page.goto('/login')
  if (!hasScripts) return expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible()
  const held: (() => void)[] = []
  await page.route('**/api/auth/login', async (route) => {
    await new Promise<void>((resolve) => held.push(resolve))
    await route.continue()
  })
  await signInOn(page, account)
  await expect(page.getByRole('status').filter({ hasText: 'Signing in…' })).toBeAttached()
  await expect(page.getByRole('button', { name: /^(Sign in|Signing in…)/ })).toHaveAttribute(
    'aria-disabled',
    'true',
  )
  for (const release of held) release()

  await expect(page.getByRole('heading', { name: 'Account', level: 1 })).toBeVisible()
})

test('a page that comes to the front again learns that its session was ended elsewhere', async ({
  page,
  account,
  api,
  hasScripts,
}) => {
  if (!hasScripts) return
  await page.goto('/login?next=/account/sessions')
  await signInOn(page, account)
  await expect(page.getByRole('heading', { name: 'Sessions', level: 1 })).toBeVisible()
  await api.login(account)
  await api.send('/api/auth/sessions', { method: 'DELETE' })

  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))

  await expect(page.getByText('This device was signed out from another one.')).toBeVisible()
})
