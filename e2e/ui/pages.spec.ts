import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import type { Page } from '@playwright/test'
import { newAccount } from '#test/support/api-client.ts'
import { expect, expectAccessible, signInOn, test } from '../support/ui.ts'

const open = [
  '/',
  '/login',
  '/register',
  '/login?done=registered',
  '/login?ended=idle',
  '/login?cookie=lost',
  '/setup',
  '/nowhere',
]
const closed = ['/', '/account', '/account/security', '/account/sessions']

for (const path of open) {
  test(`${path} is a whole page: accessible, one heading, nothing wider than the screen`, async ({
    page,
    hasScripts,
  }) => {
    await page.goto(path)
    await expectWholePage(page, hasScripts)
  })
}

test('the pages of an account are whole pages', async ({ page, account, api, hasScripts }) => {
  await api.login(account)
  await page.goto('/login')
  await signInOn(page, account)
  await expect(page.getByRole('heading', { name: 'Account', level: 1 })).toBeVisible()
  for (const path of closed) {
    await page.goto(path)
    await expectWholePage(page, hasScripts)
  }
  await page.goto('/account/sessions')
  for (const summary of await page.locator('summary').all()) await summary.click()
  await expectWholePage(page, hasScripts)
})

test('the forms are accessible after a refusal too', async ({ page, account, hasScripts }) => {
  await page.goto('/login')
  await signInOn(page, { ...account, password: 'wrong' })
  await expect(page.getByText('Invalid email or password')).toBeVisible()
  await expectWholePage(page, hasScripts)
  await page.goto('/register')
  await page.getByLabel('User name').fill('two words')
  await page.getByLabel('Email').fill('nobody@nowhere')
  await page.getByLabel('Password', { exact: true }).fill('short')
  await page.getByRole('button', { name: 'Create account' }).click()
  await expect(page.getByText('2 fields need attention.')).toBeVisible()
  await expectWholePage(page, hasScripts)
})

async function expectWholePage(page: Page, hasScripts: boolean) {
  await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1)
  await expect(page).toHaveTitle(/ · Session Management$|^Session Management$/)
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
  expect(overflow, 'scrolls sideways').toBeLessThanOrEqual(0)
  if (hasScripts) await expectAccessible(page)
}

test('nothing is lost at 320 pixels', async ({ page, account }) => {
  await page.setViewportSize({ width: 320, height: 640 })
  await page.goto('/login?next=/account/sessions')
  await signInOn(page, account)
  await expect(page.getByText('This device', { exact: true })).toBeVisible()

  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320)
})

test('the first stop of the keyboard skips to the content', async ({ page }) => {
  await page.goto('/login')
  await page.keyboard.press('Tab')

  await expect(page.getByRole('link', { name: 'Skip to main content' })).toBeFocused()
})

test('the focus is seen on the panel, where the ring of other grounds is not', async ({ page }) => {
  await page.goto('/login')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Tab')

  const logo = page.getByRole('link', { name: 'Session Management' })
  await expect(logo).toBeFocused()
  await expect(logo).toHaveCSS('outline-color', 'rgb(91, 192, 222)')
})

test('names in markup, right to left and emoji are shown as they are', async ({ page, api }) => {
  const account = newAccount()
  const unique = account.username.slice(-6)
  const strange = { ...account, username: `عَلَم.שם.${unique}`.normalize('NFKC').replace(/\p{M}/gu, '') }
  expect((await api.register(strange)).status).toBe(200)
  await page.goto('/login')
  await signInOn(page, strange)

  await expect(page.getByText(strange.username)).toBeVisible()
  const refused = await api.register({ ...newAccount(), username: '<script>alert(1)</script>' })
  expect(refused.status).toBe(422)
})

test('every page has a policy with a nonce of its own, and is kept by nobody', async ({ raw: api }) => {
  const policies = new Set<string>()
  for (const path of ['/', '/login', '/register', '/nowhere', '/setup', '/']) {
    const { headers } = await api.send(path)
    const policy = headers.get('content-security-policy') ?? ''
    policies.add(policy)
    expect(policy).toMatch(/script-src 'self' 'nonce-[\w+/]{22}==' 'strict-dynamic'/)
    expect(policy).not.toContain('unsafe')
    expect(headers.get('cache-control')).toContain('no-store')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('referrer-policy')).toBe('strict-origin')
    expect(headers.get('x-powered-by')).toBe(null)
    expect(headers.get('server-timing')).toBe('via;desc=node')
  }
  expect(policies.size).toBe(6)
})

test('pages take GET and HEAD; everything else is 405, never 500', async ({ raw: api }) => {
  for (const path of ['/', '/login', '/account', '/account/sessions', '/nowhere']) {
    for (const method of ['PUT', 'DELETE', 'PATCH', 'POST']) {
      const answer = await api.send(path, { method })
      expect(answer.status, `${method} ${path}`).toBe(405)
      expect(answer.headers.get('allow')).toBe('GET, HEAD, OPTIONS')
    }
    const broken = await api.send(path, {
      method: 'POST',
      headers: { 'content-type': 'multipart/form-data; boundary=x', 'next-action': 'x'.repeat(40) },
      body: '--x\r\nContent-Disposition: form-data; name="',
    })
    expect(broken.status).toBe(405)
  }
})

test('a page for a foreign host is misdirected, and files of the project are not served', async ({
  raw: api,
}) => {
  expect((await api.send('/', { headers: { host: 'evil.example' } })).status).toBe(421)
  for (const path of [
    '/package.json',
    '/.env',
    '/.git/HEAD',
    '/_next/image?url=http%3A%2F%2F127.0.0.1&w=64&q=75',
  ]) {
    expect((await api.send(path)).status, path).toBe(404)
  }
})

test('the sign-in page needs at most 20 KB of script beyond the framework', async ({ page, url }) => {
  await page.goto('/login')
  const html = await (await page.request.get('/login')).text()
  const { rootMainFiles, polyfillFiles } = JSON.parse(readFileSync('.next/build-manifest.json', 'utf8'))
  const framework = new Set(
    [...rootMainFiles, ...polyfillFiles].map((file: string) => file.split('/').at(-1)),
  )
  const chunks = new Set([...html.matchAll(/chunks\/([\w.~-]+\.js)/g)].map(([, name]) => name ?? ''))
  let bytes = 0
  for (const chunk of [...chunks].filter((name) => !framework.has(name))) {
    const answer = await page.request.get(`${url}/_next/static/chunks/${chunk}`)
    bytes += gzipSync(await answer.body()).length
  }

  expect(chunks.size).toBeGreaterThan(3)
  expect(bytes).toBeLessThanOrEqual(20 * 1024)
})
