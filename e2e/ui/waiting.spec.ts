import { newAccount } from '#test/support/api-client.ts'
import { listMail, mailTo } from '../support/mailbox.ts'
import { expect, expectAccessible } from '../support/ui.ts'
import { openSignedIn, test } from '../support/ui-with-mail.ts'

test('a tab that waits for a verification notices it on another device, and does not keep the session alive by asking', async ({
  page,
  account,
  api,
  hasScripts,
}) => {
  if (!hasScripts) return
  await openSignedIn(page, account, '/account')
  await expect(page.getByText('(not verified)')).toBeVisible()
  const asked = page.waitForRequest((request) => request.url().endsWith('/api/auth/me'))

  const { code } = await mailTo(account.email, 'verify_email')
  await api.send('/api/auth/verify-email', { json: { email: account.email, code } })

  expect((await asked).headers()['x-passive']).toBe('1')
  await expect(page.getByText('Your email is verified.')).toBeVisible({ timeout: 10_000 })
  await expect(page.getByText('(not verified)')).not.toBeVisible()
})

test('a tab of nobody notices a verification in another tab of the same browser, and asks no server', async ({
  page,
  context,
  account,
  hasScripts,
}) => {
  if (!hasScripts) return
  const { link } = await mailTo(account.email, 'verify_email')
  await page.goto('/verify?done=registered')
  const asked: string[] = []
  page.on('request', (request) => asked.push(new URL(request.url()).pathname))

  const other = await context.newPage()
  await other.goto(link ?? '')
  await other.getByRole('button', { name: 'Verify email' }).click()

  await expect(page.getByRole('heading', { name: 'Your email is verified' })).toBeVisible()
  expect(asked).not.toContain('/api/auth/me')
})

test('a message that was just sent is not sent again for a minute', async ({ page, account, hasScripts }) => {
  await mailTo(account.email, 'verify_email')
  if (hasScripts) await page.clock.install()
  await openSignedIn(page, account, '/account')
  await page.getByRole('button', { name: 'Send the message again' }).click()
  await expect(page.getByText('We sent a message to your address.')).toBeVisible()
  const again = page.getByRole('button', { name: /^Send the message again/ })
  if (!hasScripts) return expect(again).toBeEnabled()

  await expect(again).toBeDisabled()
  await expect(again).toHaveAccessibleName(/in \d+ s/)
  await expectAccessible(page)
  await page.clock.fastForward(61_000)
  await expect(again).toBeEnabled()
  await expect(again).toHaveAccessibleName('Send the message again')
  expect((await listMail(account.email)).filter(({ template }) => template === 'verify_email')).toHaveLength(
    2,
  )
})

test('a link that was just asked for is not asked for again by Enter', async ({ page, hasScripts }) => {
  if (!hasScripts) return
  const { email } = newAccount()
  await page.goto('/forgot')
  await page.getByLabel('Email').fill(email)
  await page.getByRole('button', { name: 'Send a link' }).click()
  await expect(page.getByRole('button', { name: /^Send another link/ })).toBeDisabled()
  const sent: string[] = []
  page.on('request', (request) => sent.push(request.url()))

  await page.getByLabel('Email').fill(email)
  await page.getByLabel('Email').press('Enter')

  await expect(page).toHaveURL(/done=sent/)
  expect(sent.filter((url) => url.includes('/api/'))).toEqual([])
})
