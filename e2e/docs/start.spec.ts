import { noteComplaints } from '../support/docs.ts'
import { expect, expectAccessible, test } from '../support/ui.ts'

test('the start page is a whole page on every screen, and shows the address of this server', async ({
  page,
  url,
}) => {
  const complaints: string[] = []
  noteComplaints(page, complaints)
  for (const width of [1280, 360, 320]) {
    await page.setViewportSize({ width, height: 740 })
    await page.goto('/docs/start')
    await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1)
    await expect(page.getByRole('region', { name: 'Base URL' })).toHaveText(url)
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
    await expectAccessible(page)
  }
  await page.emulateMedia({ colorScheme: 'dark' })
  await expectAccessible(page)
  expect(complaints).toEqual([])
})

test('on a phone the bar has two rows, also at 320 pixels and with a long name', async ({ page }) => {
  for (const width of [360, 320]) {
    await page.setViewportSize({ width, height: 740 })
    await page.goto('/docs/start')
    await page.locator('.bar .home span').evaluate((name) => {
      name.textContent = 'The members area of an association with a long name'
    })
    const switchTop = (await page.locator('.themes').boundingBox())?.y ?? 0
    const navigation = await page.locator('.bar nav').boundingBox()
    expect(Math.abs(switchTop - (navigation?.y ?? 0)), `at ${width}`).toBeLessThan(8)
    expect((await page.locator('.bar').boundingBox())?.height).toBeLessThan(120)
    for (const theme of ['System', 'Light', 'Dark'])
      await expect(page.getByRole('radio', { name: theme })).toBeAttached()
  }
})

test('Copy puts the code into the clipboard as it stands there', async ({ page, context, url }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: url })
  await page.goto('/docs/start')
  for (const name of ['Base URL', 'src/auth.js, with tokens', 'src/App.jsx']) {
    const block = page.locator('figure', { has: page.getByRole('region', { name }) })
    await block.getByRole('button', { name: 'Copy' }).click()
    await expect(block.getByRole('status')).toHaveText('Copied')
    const copied = await page.evaluate(() => navigator.clipboard.readText())
    expect(copied).toBe(await block.locator('code').textContent())
  }
})

test('the first stop of the keyboard skips to the content, and the others are seen', async ({ page }) => {
  await page.goto('/docs/start')
  await page.keyboard.press('Tab')

  await expect(page.getByRole('link', { name: 'Skip to main content' })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page.locator('main')).toBeFocused()
})

test.describe('without scripts', () => {
  test.use({ javaScriptEnabled: false })

  test('the start page has its code, and nothing that would not work', async ({ page, url }) => {
    await page.goto('/docs/start')

    await expect(page.getByRole('region', { name: 'src/auth.js, with tokens' })).toContainText(
      `${url}/api/auth`,
    )
    await expect(page.getByRole('button')).toHaveCount(0)
    await expect(page.getByRole('radio')).toHaveCount(0)
  })

  test('the pages that need scripts say so, and lead on', async ({ page }) => {
    for (const path of ['/docs', '/redoc']) {
      await page.goto(path)
      await expect(page.getByText('needs JavaScript')).toBeVisible()
      await page.getByRole('main').getByRole('link', { name: 'Start' }).click()
      await expect(page).toHaveURL(/\/docs\/start$/)
    }
  })
})
