import { expect, expectAccessible, signInOn, test } from '../support/ui.ts'

for (const word of ['nonsense', 'constructor', '__proto__', 'toString', 'hasOwnProperty']) {
  test(`the word ${JSON.stringify(word)} in a link puts nothing on a page`, async ({ page }) => {
    for (const name of ['done', 'ended']) {
      const answer = await page.goto(`/login?${name}=${word}`)

      expect(answer?.status()).toBe(200)
      await expect(page.getByRole('heading', { name: 'Sign in', level: 1 })).toBeVisible()
      await expect(page.locator('main [role=status]').first()).toBeHidden()
      await expect(page.getByText('Your session ended')).toHaveCount(0)
    }
  })
}

test('why a session ended is said in one way, wherever it is said', async ({ page }) => {
  await page.goto('/login?ended=idle')

  await expect(page.getByText('Your session ended. You were away for a while.')).toBeVisible()
})

test('two devices of one name are told apart by their cards, and no landmark has the name of another', async ({
  page,
  account,
  api,
  hasScripts,
}) => {
  for (let count = 0; count < 2; count += 1) await api.login(account)
  await page.goto('/login?next=/account/sessions')
  await signInOn(page, account)
  await expect(page.getByRole('heading', { name: 'Sessions', level: 1 })).toBeVisible()

  const others = page.getByRole('listitem').filter({ hasText: 'An app or script' })
  await expect(others).toHaveCount(2)
  if (hasScripts) await expectAccessible(page)
  for (const other of await others.all()) {
    await expect(other.getByRole('button', { name: 'Sign out' })).toHaveAccessibleDescription(
      'An app or script',
    )
  }
})

test('times are told by the clock of the server, not by the one of the reader', async ({
  page,
  account,
  api,
  hasScripts,
}) => {
  await api.login(account)
  await page.clock.setSystemTime(new Date('2041-02-03T04:05:06Z'))
  await page.goto('/login?next=/account/sessions')
  await signInOn(page, account)

  await expect(page.getByText(/Last active/)).toBeVisible()
  if (hasScripts) await expect(page.getByText('just now')).toBeVisible()
})
