import { newAccount } from '#test/support/api-client.ts'
import { expect, signInOn, test } from '../support/ui.ts'

test('a refused sign-in says why, keeps the name and forgets the password', async ({ page, account }) => {
  await page.goto('/login')
  await signInOn(page, { ...account, password: 'wrong' })

  await expect(page.getByText('Invalid email or password')).toBeVisible()
  await expect(page.getByLabel('Email or user name')).toHaveValue(account.email)
  await expect(page.getByLabel('Password', { exact: true })).toHaveValue('')
  await expect(page).toHaveTitle(/^Error: Sign in · /)
})

test('each field says what is wrong with it, and keeps what was typed', async ({ page }) => {
  await page.goto('/register')
  await page.getByLabel('User name').fill('two words')
  await page.getByLabel('Email').fill('nobody@nowhere')
  await page.getByLabel('Password', { exact: true }).fill('short')
  await page.getByRole('button', { name: 'Create account' }).click()

  await expect(page.getByText('2 fields need attention.')).toBeVisible()
  const email = page.getByLabel('Email')
  await expect(email).toHaveAttribute('aria-invalid', 'true')
  await expect(email).toHaveValue('nobody@nowhere')
  await expect(email).toHaveAccessibleDescription(/Enter an email address/)
  await expect(page.getByLabel('User name')).toHaveValue('two words')
})

test('one complaint takes the focus to its field', async ({ page, account, hasScripts }) => {
  await page.goto('/register')
  await page.getByLabel('User name').fill(`other-${account.username}`.slice(0, 30))
  await page.getByLabel('Email').fill(account.email)
  await page.getByLabel('Password', { exact: true }).fill(account.password)
  await page.getByRole('button', { name: 'Create account' }).click()

  await expect(page.getByText('Email already registered')).toBeVisible()
  if (hasScripts) await expect(page.getByLabel('Email')).toBeFocused()
})

test('a page that needs a sign-in is come back to', async ({ page, account, url }) => {
  await page.goto('/account/security')
  await signInOn(page, account)

  await expect(page.getByRole('heading', { name: 'Security', level: 1 })).toBeVisible()
  expect(new URL(page.url()).origin).toBe(url)
})

test('a refused try does not make the way forgotten', async ({ page, account, url }) => {
  await page.goto('/account/security')
  await signInOn(page, { ...account, password: 'wrong' })
  await expect(page.getByText('Invalid email or password')).toBeVisible()
  await signInOn(page, account)

  await expect(page.getByRole('heading', { name: 'Security', level: 1 })).toBeVisible()
  await expect(page).toHaveURL(`${url}/account/security`)
})

test('somebody without an account is led where they wanted, past a refused try too', async ({ page }) => {
  const account = newAccount()
  await page.goto('/account/sessions')
  await page.getByRole('link', { name: 'Create an account' }).click()
  await page.getByLabel('User name').fill('two words')
  await page.getByLabel('Email').fill(account.email)
  await page.getByLabel('Password', { exact: true }).fill(account.password)
  await page.getByRole('button', { name: 'Create account' }).click()
  await expect(page.getByLabel('User name')).toHaveAttribute('aria-invalid', 'true')
  await page.getByLabel('User name').fill(account.username)
  await page.getByLabel('Password', { exact: true }).fill(account.password)
  await page.getByRole('button', { name: 'Create account' }).click()
  await expect(page.getByText('Account created. Sign in with it.')).toBeVisible()
  await signInOn(page, account)

  await expect(page.getByRole('heading', { name: 'Sessions', level: 1 })).toBeVisible()
})

for (const next of [
  '//evil.example/account',
  '/\\evil.example',
  'https://evil.example/account',
  'https:evil.example',
  'javascript:alert(1)',
  '/\t/evil.example',
  '%2F%2Fevil.example',
  'https://user:password@evil.example',
  '/api/auth/logout',
  '/nowhere',
]) {
  test(`a sign-in does not lead to ${JSON.stringify(next)}`, async ({ page, account, url }) => {
    await page.goto(`/login?${new URLSearchParams({ next })}`)
    await signInOn(page, account)

    await expect(page.getByRole('heading', { name: 'Account', level: 1 })).toBeVisible()
    await expect(page).toHaveURL(`${url}/account`)
  })
}

test('a session that ends while a form is open is said, and nothing is changed', async ({
  page,
  account,
  api,
}) => {
  await page.goto('/login?next=/account/security')
  await signInOn(page, account)
  await expect(page.getByRole('heading', { name: 'Security', level: 1 })).toBeVisible()
  await expect(page).toHaveURL(/\/account\/security$/)
  await api.login(account)
  await api.send('/api/auth/sessions', { method: 'DELETE' })
  await page.getByLabel('Current password', { exact: true }).fill(account.password)
  await page.getByLabel('New password', { exact: true }).fill('an entirely new ferry')
  await page.getByRole('button', { name: 'Change password' }).click()

  await expect(page.getByText(/Your session ended\./)).toBeVisible()
  expect((await api.login(account)).status).toBe(200)
})

test('too many tries are said, with the time to wait', async ({ page, account }) => {
  const refusal = page.getByText(/Too many attempts\. Try again in \d+ seconds?/).first()
  await page.goto('/login')
  // Each further try meets a longer delay: on a slow machine the first one, of a second, may be over by then.
  for (let count = 0; count < 10 && !(await refusal.isVisible()); count++) {
    const answered = page.waitForResponse((response) => response.url().endsWith('/api/auth/login'))
    await signInOn(page, { ...account, password: 'wrong' })
    await answered
    await expect(page.getByRole('button', { name: /^(Sign in|Signing in…)/ })).not.toHaveAttribute(
      'aria-disabled',
    )
  }

  await expect(refusal).toBeVisible()
})

test('a browser that keeps no cookies is told so, instead of being led in circles', async ({ page }) => {
  for (const path of ['/account', '/account/sessions']) {
    await page.goto(`/login?${new URLSearchParams({ next: path })}`)
    const next = await page.locator('input[name=_next]').getAttribute('value')
    // Where a right sign-in leads; without the cookie it got, as such a browser asks for it.
    await page.goto(next ?? '')

    await expect(page.getByText('Your browser did not keep our cookie')).toBeVisible()
  }
})

test('sending twice creates one account', async ({ page, api, hasScripts }) => {
  const name = `twice-${crypto.randomUUID().slice(0, 8)}`
  let sent = 0
  page.on('request', (request) => {
    if (request.method() === 'POST') sent += 1
  })
  await page.goto('/register')
  await page.getByLabel('User name').fill(name)
  await page.getByLabel('Email').fill(`${name}@example.com`)
  await page.getByLabel('Password', { exact: true }).fill('a slow green ferry')
  await page.getByRole('button', { name: 'Create account' }).dblclick()

  await expect(page.getByText(/Account created|Email already registered/)).toBeVisible()
  expect((await api.login({ email: name, password: 'a slow green ferry' })).status).toBe(200)
  if (hasScripts) expect(sent).toBe(1)
})

test('a form of a foreign page is refused', async ({ page, account, url, context }) => {
  const { createServer } = await import('node:http')
  const evil = createServer((_, response) => {
    response.setHeader('content-type', 'text/html')
    response.end(`<form method="post" action="${url}/api/auth/login"><input name="transport" value="cookie">
      <input name="email" value="${account.email}"><input name="password" value="${account.password}">
      <button>Win</button></form>`)
  })
  await new Promise<void>((resolve) => evil.listen(0, '127.0.0.1', resolve))
  const address = evil.address()
  const foreign = await context.newPage()
  await foreign.goto(`http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`)
  await foreign.getByRole('button', { name: 'Win' }).click()
  await expect(foreign.getByRole('heading', { name: 'Origin refused' })).toBeVisible()
  evil.close()

  await page.goto('/account')
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()
})
