import { authorize, credentialIn, documented, execute, noteComplaints } from '../support/docs.ts'
import { expect, expectAccessible, test } from '../support/ui.ts'

let complaints: string[]

test.beforeEach(async ({ page }) => {
  complaints = []
  noteComplaints(page, complaints)
  await page.goto('/docs')
})

test.afterEach(() => {
  expect(complaints).toEqual([])
})

test('the page that tries operations has every operation', async ({ page }) => {
  const ids = documented.map(({ tag, operationId }) => `operations-${tag}-${operationId}`)
  await expect(page.locator('.opblock')).toHaveCount(ids.length)

  for (const id of ids) await expect(page.locator(`#${id}`)).toBeVisible()
})

test('with tokens: Execute signs in, Authorize takes the token, Execute says who it is', async ({
  page,
  account,
}) => {
  const login = await execute(page, 'login', { email: account.email, password: account.password })
  expect(login.status).toBe(200)
  expect(login.body.user.email).toBe(account.email)

  await authorize(page, async (dialog) => {
    const bearer = credentialIn(dialog, 'bearer')
    await bearer.locator('input').fill(login.body.access_token)
    await bearer.getByRole('button', { name: 'Apply credentials' }).click()
  })
  const me = await execute(page, 'getMe')

  expect(me.status).toBe(200)
  expect(me.body).toMatchObject({ email: account.email, session: { kind: 'bearer' } })
  expect(me.sent['authorization']).toBe(`Bearer ${login.body.access_token}`)
})

test('with the cookie: Execute signs in without a token in sight, and Execute says who it is', async ({
  page,
  account,
}) => {
  const login = await execute(page, 'login', {
    email: account.email,
    password: account.password,
    transport: 'cookie',
  })
  expect(login.status).toBe(200)
  expect(login.body).not.toHaveProperty('access_token')

  const me = await execute(page, 'getMe')

  expect(me.status).toBe(200)
  expect(me.body).toMatchObject({ email: account.email, session: { kind: 'cookie' } })
  expect(me.sent['authorization']).toBe(undefined)
  expect(me.sent['cookie']).toContain('session_')
  const refreshed = await execute(page, 'refresh', {})
  expect(refreshed.status).toBe(200)
  expect((await execute(page, 'logout', {})).status).toBe(200)
})

test('with the cookie chosen in Authorize, a token that was given too is left out', async ({
  page,
  account,
}) => {
  await execute(page, 'login', { email: account.email, password: account.password, transport: 'cookie' })
  await authorize(page, async (dialog) => {
    const bearer = credentialIn(dialog, 'bearer')
    await bearer.locator('input').fill('a token that verifies nowhere')
    await bearer.getByRole('button', { name: 'Apply credentials' }).click()
    const cookie = credentialIn(dialog, 'cookie')
    await cookie.getByRole('button', { name: 'Apply credentials' }).click()
    await expect(cookie).toContainText('Chosen: no token is sent.')
  })

  const me = await execute(page, 'getMe')

  expect(me.status).toBe(200)
  expect(me.sent['authorization']).toBe(undefined)
  expect(me.sent['cookie']).toContain('session_')
})

test('no token stays in the browser when the page is left', async ({ page }) => {
  await authorize(page, async (dialog) => {
    const bearer = credentialIn(dialog, 'bearer')
    await bearer.locator('input').fill('secret-token')
    await bearer.getByRole('button', { name: 'Apply credentials' }).click()
  })

  const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]))
  expect(kept).not.toContain('secret-token')
})

test('what is ours on the page is accessible, and nothing is wider than a phone', async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 })
  await page.locator('#operations-auth-login .opblock-summary-control').click()
  await expect(page.getByRole('button', { name: 'Try it out' })).toBeVisible()

  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360)
  await expectAccessible(page, ['header', '.intro'])
})

test('the theme is chosen on the page, and stays', async ({ page }) => {
  await page.getByText('Dark', { exact: true }).click()
  await expect(page.locator('body')).toHaveCSS('background-color', 'rgb(6, 23, 32)')
  await expect(page.locator('.swagger-ui').first()).toHaveCSS('background-color', 'rgb(6, 23, 32)')
  await page.reload()
  await expect(page.locator('body')).toHaveCSS('background-color', 'rgb(6, 23, 32)')

  await page.getByText('Light', { exact: true }).click()
  await expect(page.locator('body')).toHaveCSS('background-color', 'rgb(248, 250, 249)')
})
