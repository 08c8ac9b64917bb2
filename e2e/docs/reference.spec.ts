import { documented, execute, noteComplaints, visit } from '../support/docs.ts'
import { madeUpHost } from '../support/environment.ts'
import { expect, expectAccessible, test } from '../support/ui.ts'

const sections = documented.map(({ tag, operationId }) => `tag/${tag}/operation/${operationId}`)

test('the reference has every operation, with its summary and its path', async ({ page }) => {
  const complaints: string[] = []
  noteComplaints(page, complaints)
  await page.goto('/redoc')
  for (const [index, id] of sections.entries()) {
    const section = page.locator(`[id="${id}"]`)
    await expect(section.getByRole('heading', { level: 2 }).first()).toContainText(
      documented[index]?.summary ?? '',
    )
    await expect(section).toContainText(documented[index]?.path ?? '')
  }
  const drawn = await page.locator('[id*="/operation/"]').evaluateAll((all) => all.map(({ id }) => id))

  expect(drawn.filter((id) => /^tag\/\w+\/operation\/\w+$/.test(id)).toSorted()).toEqual(sections.toSorted())
  await expectAccessible(page, ['header'])
  expect(complaints).toEqual([])
})

test('the reference is drawn in the theme that is chosen', async ({ page }) => {
  await page.goto('/redoc')
  await expect(page.locator('.menu-content')).toHaveCSS('background-color', 'rgb(255, 255, 255)')
  await page.getByText('Dark', { exact: true }).click()

  await expect(page.locator('.menu-content')).toHaveCSS('background-color', 'rgb(12, 34, 48)')
})

test('a document that cannot be had is said, with a way on', async ({ page }) => {
  await page.route('**/openapi.json', (route) => route.abort())
  await page.goto('/redoc')

  await expect(page.getByRole('alert')).toContainText('could not be loaded')
})

test('under another name than localhost the pages draw all of it, ask nobody else, and complain of nothing', async ({
  browser,
  url,
}) => {
  const origin = `http://${madeUpHost}:${new URL(url).port}`
  const tried = await visit(browser, `${origin}/docs`)
  await expect(tried.page.locator('.opblock')).toHaveCount(documented.length)
  const keys = await execute(tried.page, 'getKeySet')
  expect([keys.status, keys.sent['host']]).toEqual([200, new URL(origin).host])

  const read = await visit(browser, `${origin}/redoc`)
  for (const id of sections) await expect(read.page.locator(`[id="${id}"]`)).toBeVisible()
  await read.page.getByText('API docs by Redocly').scrollIntoViewIfNeeded()

  const started = await visit(browser, `${origin}/docs/start`)
  await started.page.getByRole('button', { name: 'Copy' }).first().click()
  await expect(started.page.getByText('Copied')).toBeVisible()

  for (const { page, complaints } of [tried, read, started]) {
    await page.waitForLoadState('networkidle')
    expect(complaints, page.url()).toEqual([])
    await page.context().close()
  }
})
