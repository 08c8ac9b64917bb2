import { newAccount } from '#test/support/api-client.ts'
import { listMail, mailTo } from '../support/mailbox.ts'
import { expect, expectAccessible, signInOn } from '../support/ui.ts'
import { openSignedIn, test } from '../support/ui-with-mail.ts'

const fresh = 'an entirely new ferry'

const linkOf = async (address: string, template: string) => (await mailTo(address, template)).link ?? ''

test('an address is verified by its link; opening it spends nothing', async ({
  page,
  account,
  hasScripts,
}) => {
  const link = await linkOf(account.email, 'verify_email')
  for (let look = 0; look < 2; look += 1) {
    await page.goto(link)
    await expect(page.getByText(account.username)).toBeVisible()
  }
  if (hasScripts) await expect(page).toHaveURL(/\/verify$/)
  if (hasScripts) await expectAccessible(page)
  await page.getByRole('button', { name: 'Verify email' }).click()

  await expect(page.getByRole('heading', { name: 'Your email is verified' })).toBeVisible()
  await mailTo(account.email, 'welcome')
  await page.goto(link)
  await expect(page.getByRole('heading', { name: 'Your email is verified' })).toBeVisible()
  await page.getByRole('link', { name: 'Sign in', exact: true }).click()
  await signInOn(page, account)
  await expect(page.getByText(account.email, { exact: true })).toBeVisible()
})

test('an address is verified by the code on another device; a wrong one says so', async ({
  page,
  account,
}) => {
  const { code } = await mailTo(account.email, 'verify_email')
  await page.goto('/verify')
  const form = page.locator('form').filter({ hasText: '6-digit code' })
  await form.getByLabel('Email').fill(account.email)
  await form.getByLabel('6-digit code').fill(code === '000000' ? '000001' : '000000')
  await form.getByRole('button', { name: 'Verify email' }).click()
  await expect(page.getByText('This link is not valid.')).toBeVisible()
  await form.getByLabel('Email').fill(account.email)
  await form.getByLabel('6-digit code').fill(`${code?.slice(0, 3)} ${code?.slice(3)}`)
  await form.getByRole('button', { name: 'Verify email' }).click()

  await expect(page.getByRole('heading', { name: 'Your email is verified' })).toBeVisible()
})

test('whoever mistyped the address is shown the way to register again', async ({ page }) => {
  await page.goto('/verify?done=registered')
  await expect(page.getByText('with the same user name and password')).toBeVisible()
  await page.getByRole('link', { name: 'Register again' }).click()

  await expect(page.getByRole('heading', { name: 'Create account' })).toBeVisible()
})

test('a registration that was somebody else’s is removed', async ({ page, account, api }) => {
  await page.goto(await linkOf(account.email, 'verify_email'))
  await page.getByText('This was not me').click()
  await page.getByRole('button', { name: 'Remove this account' }).click()

  await expect(page.getByRole('heading', { name: 'The account was removed' })).toBeVisible()
  expect((await api.login(account)).status).toBe(401)
})

test('the message is sent again', async ({ page, account }) => {
  await mailTo(account.email, 'verify_email')
  await page.goto('/verify')
  await page.getByText('No message?').click()
  const form = page.locator('form').filter({ hasText: 'Send another message' })
  await form.getByLabel('Email').fill(account.email)
  await form.getByRole('button').click()

  await expect(page.getByRole('heading', { name: 'Check your email' })).toBeVisible()
  await expect(page.getByText(`Sent to ${account.email}`)).toBeVisible()
  await expect
    .poll(
      async () => (await listMail(account.email)).filter((mail) => mail.template === 'verify_email').length,
    )
    .toBe(2)
})

test('a forgotten password is replaced by the link, and every device is signed out', async ({
  page,
  account,
  api,
  hasScripts,
}) => {
  await api.login(account)
  await page.goto('/login')
  await page.getByLabel('Email or user name').fill(account.email)
  await page.getByRole('link', { name: 'Forgot your password?' }).click()
  if (hasScripts) await expect(page.getByLabel('Email')).toHaveValue(account.email)
  else await page.getByLabel('Email').fill(account.email)
  await page.getByRole('button', { name: 'Send a link' }).click()
  await expect(page.getByText('If an account has that address, we sent a link to it.')).toBeVisible()
  await expect(page.getByText(`Sent to ${account.email}`)).toBeVisible()
  await expect(page.getByLabel('Email')).toHaveValue(account.email)

  const link = await linkOf(account.email, 'reset_password')
  await page.goto(link)
  await expect(page.getByText(account.email, { exact: true })).toBeVisible()
  if (hasScripts) await expectAccessible(page)
  await page.getByLabel('New password', { exact: true }).fill('password1')
  await page.getByRole('button', { name: 'Set new password' }).click()
  await expect(page.locator('#reset-new_password')).toHaveAttribute('aria-invalid', 'true')
  await page.getByLabel('New password', { exact: true }).fill(fresh)
  await page.getByRole('button', { name: 'Set new password' }).click()

  await expect(page.getByText('Password changed. Every device is signed out')).toBeVisible()
  expect((await api.me()).body.ended_reason).toBe('password_reset')
  await signInOn(page, { ...account, password: fresh })
  await expect(page.getByRole('heading', { name: 'Account', level: 1 })).toBeVisible()
  await page.goto(link)
  await expect(page.getByText('This link was used already.')).toBeVisible()
})

test('a forgotten password is replaced by the code, also on another device', async ({
  page,
  account,
  api,
}) => {
  await api.send('/api/auth/forgot-password', { json: { email: account.email } })
  const { code } = await mailTo(account.email, 'reset_password')
  await page.goto('/reset')
  await page.getByLabel('Email').fill(account.email)
  await page.getByLabel('6-digit code').fill(code ?? '')
  await page.getByLabel('New password', { exact: true }).fill(fresh)
  await page.getByRole('button', { name: 'Set new password' }).click()

  await expect(page.getByText('Password changed. Every device is signed out')).toBeVisible()
})

test('an address that nobody has is answered in the same words, and gets nothing', async ({ page }) => {
  const { email } = newAccount()
  await page.goto('/forgot')
  await page.getByLabel('Email').fill(email)
  await page.getByRole('button', { name: 'Send a link' }).click()

  await expect(page.getByText('If an account has that address, we sent a link to it.')).toBeVisible()
})

test('another address is confirmed by the new one and undone by the old one', async ({
  page,
  account,
  api,
}) => {
  await api.send('/api/auth/verify-email', {
    json: { email: account.email, code: (await mailTo(account.email, 'verify_email')).code },
  })
  const { email: to } = newAccount()
  await openSignedIn(page, account, '/account')
  await page.getByLabel('New email').fill(to)
  await page.getByLabel('Current password', { exact: true }).fill('some other words')
  await page.getByRole('button', { name: 'Change email' }).click()
  await expect(page.getByText('Current password is incorrect')).toBeVisible()
  await expect(page.getByLabel('New email')).toHaveValue(to)
  await page.getByLabel('Current password', { exact: true }).fill(account.password)
  await page.getByRole('button', { name: 'Change email' }).click()
  await expect(page.getByText(`Waiting for you to open the link that we sent to ${to}`)).toBeVisible()

  await page.goto(await linkOf(to, 'email_change_confirm'))
  await expect(page.getByText(account.email)).toBeVisible()
  await page.getByRole('button', { name: 'Change my address' }).click()
  await expect(page.getByRole('heading', { name: 'Your address is changed' })).toBeVisible()
  await page.getByRole('link', { name: 'Your account' }).click()
  await expect(page.getByText(to, { exact: true })).toBeVisible()

  await page.goto(await linkOf(account.email, 'email_change_notice'))
  await page.getByRole('button', { name: 'Undo the change' }).click()
  await expect(page.getByRole('heading', { name: 'You have your address back' })).toBeVisible()
  await page.goto(await linkOf(account.email, 'reset_password'))
  await page.getByLabel('New password', { exact: true }).fill(fresh)
  await page.getByRole('button', { name: 'Set new password' }).click()
  await signInOn(page, { ...account, password: fresh })
  await expect(page.getByText(account.email, { exact: true })).toBeVisible()
})

test('a change of address that waits is cancelled', async ({ page, account }) => {
  const { email: to } = newAccount()
  await openSignedIn(page, account, '/account')
  await page.getByLabel('New email').fill(to)
  await page.getByLabel('Current password', { exact: true }).fill(account.password)
  await page.getByRole('button', { name: 'Change email' }).click()
  const link = await linkOf(to, 'email_change_confirm')
  await page.getByRole('button', { name: 'Cancel the change' }).click()

  await expect(page.getByText('Your address stays as it is.')).toBeVisible()
  await page.goto(link)
  await expect(page.getByText('Nothing was changed.')).toBeVisible()
})

test('another user name is taken on, and one that is taken is not', async ({ page, account, api }) => {
  const { account: other } = await api.register()
  const name = newAccount().username
  await openSignedIn(page, account, '/account')
  await page.getByRole('textbox', { name: 'User name' }).fill(other.username)
  await page.getByRole('button', { name: 'Change user name' }).click()
  await expect(page.getByText('Username already taken')).toBeVisible()
  await page.getByRole('textbox', { name: 'User name' }).fill(name)
  await page.getByRole('button', { name: 'Change user name' }).click()

  await expect(page.getByText('User name changed.').first()).toBeVisible()
  expect((await api.login({ email: name, password: account.password })).status).toBe(200)
})

test('what happened last is shown, and everything is in the export', async ({ page, account, context }) => {
  await openSignedIn(page, account, '/account/security')
  await expect(page.getByText('Signed in', { exact: true })).toBeVisible()
  await page.getByRole('link', { name: 'your data' }).click()
  await expect(page.getByRole('heading', { name: 'Your data', level: 1 })).toBeVisible()

  const href = await page.getByRole('link', { name: 'Download my data' }).getAttribute('href')
  const answer = await context.request.get(href ?? '')
  expect(answer.headers()['content-disposition']).toContain('my-data.json')
  const data = await answer.json()
  expect(data.profile.email).toBe(account.email)
  expect(data.events.map(({ name }: { name: string }) => name)).toContain('data_exported')
})

test('an account is deleted, and a sign-in takes that back', async ({ page, account }) => {
  await openSignedIn(page, account, '/account/data')
  await page.getByText('Delete my account').first().click()
  await page.getByLabel('Current password', { exact: true }).fill('some other words')
  await page.getByRole('button', { name: 'Delete my account' }).click()
  await expect(page.getByText('Current password is incorrect')).toBeVisible()
  await page.getByLabel('Current password', { exact: true }).fill(account.password)
  await page.getByRole('button', { name: 'Delete my account' }).click()
  await expect(page.getByText('Your account is deleted. Sign in within 14 days')).toBeVisible()
  expect((await mailTo(account.email, 'account_deleted')).text).toContain('sign in before')

  await signInOn(page, account)
  await expect(page.getByRole('heading', { name: 'Account', level: 1 })).toBeVisible()
  await page.goto('/account/security')
  await expect(page.getByText('Deletion taken back')).toBeVisible()
})

for (const path of [
  '/verify?token=x',
  '/reset?token=x',
  '/change-email/confirm?token=x',
  '/change-email/undo',
]) {
  test(`${path} says that the link does not work, and what to do`, async ({ page, hasScripts }) => {
    await page.goto(path)

    await expect(page.getByText('This link does not work.')).toBeVisible()
    if (hasScripts) await expectAccessible(page)
  })
}

for (const path of ['/account', '/account/security', '/account/data', '/forgot', '/reset', '/verify']) {
  test(`${path} has nothing that axe-core complains about`, async ({ page, account, hasScripts }) => {
    if (path.startsWith('/account')) await openSignedIn(page, account, path)
    else await page.goto(path)

    await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
    if (hasScripts) await expectAccessible(page)
  })
}
