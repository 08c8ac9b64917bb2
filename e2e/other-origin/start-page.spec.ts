import { createServer, type Server } from 'node:http'
import { expect, type Page, test } from '@playwright/test'
import { build } from 'esbuild'
import { type Credentials, newAccount } from '#test/support/api-client.ts'
import { readEnvironment } from '../support/environment.ts'

const { frontEndPort, servers } = readEnvironment()
const api = servers['headless'] ?? ''
const otherSite = `http://127.0.0.1:${frontEndPort}`
const sameSite = `http://localhost:${frontEndPort}`

/** A front end of its own: what was pasted, by path. */
const pasted = new Map<string, string>()
let frontEnd: Server

test.beforeAll(async () => {
  frontEnd = createServer(({ url = '/' }, response) => {
    const script = pasted.get(url)
    response.setHeader('content-type', script === undefined ? 'text/html' : 'text/javascript')
    response.end(script ?? '<!doctype html><title>Front end</title><div id="root"></div>')
  })
  await new Promise<void>((resolve) => frontEnd.listen(frontEndPort, resolve))
})

test.afterAll(() => void frontEnd.close())

/** What a person copies: the text as the page shows it. */
async function copyFrom(page: Page, name: string): Promise<string> {
  await page.goto(`${api}/docs/start`)
  return (await page.getByRole('region', { name }).textContent()) ?? ''
}

async function runPasted(page: Page, origin: string, account: Credentials) {
  await page.goto(origin)
  return page.evaluate(
    async ({ script, account: { email, username, password } }) => {
      const auth = await import(script)
      const registered = await auth.register({ email, username, password })
      const user = await auth.login(email, password)
      const before = await auth.me()
      await auth.refresh()
      const after = await auth.me()
      await auth.logout()
      return {
        registered: registered.status,
        names: [user.username, before?.username, after?.username],
        kind: after?.session.kind,
        isSame: before?.session.id === after?.session.id,
        atLast: await auth.me(),
      }
    },
    { script: `${origin}/auth.js`, account },
  )
}

for (const [what, block, origin] of [
  ['tokens work from another site', 'src/auth.js, with tokens', otherSite],
  ['tokens work from another port', 'src/auth.js, with tokens', sameSite],
  ['the cookie works from another port', 'src/auth.js, with the cookie', sameSite],
] as const) {
  test(`the code of the start page works as it is pasted: ${what}`, async ({ page }) => {
    const account = newAccount()
    pasted.set('/auth.js', await copyFrom(page, block))

    const seen = await runPasted(page, origin, account)

    expect(seen).toEqual({
      registered: 'success',
      names: [account.username, account.username, account.username],
      kind: block.includes('cookie') ? 'cookie' : 'bearer',
      isSame: true,
      atLast: null,
    })
  })
}

test('from another site the cookie is not sent, as the start page says', async ({ page }) => {
  pasted.set('/auth.js', await copyFrom(page, 'src/auth.js, with the cookie'))

  const seen = await runPasted(page, otherSite, newAccount()).catch((error: Error) => error.message)

  expect(seen).toContain('This refresh token is not valid.')
})

for (const block of ['src/auth.js, with tokens', 'src/auth.js, with the cookie']) {
  test(`the component of the start page works as it is pasted, over ${block}`, async ({ page }) => {
    const problems: string[] = []
    page.on('pageerror', (error) => problems.push(error.message))
    const auth = await copyFrom(page, block)
    const app = await copyFrom(page, 'src/App.jsx')
    pasted.set('/app.js', await bundle({ './auth.js': auth, './App.jsx': app }))
    const { email, username, password } = newAccount()
    await page.goto(sameSite)
    await page.addScriptTag({ url: `${sameSite}/app.js`, type: 'module' })

    await page.getByLabel('Email').fill(email)
    await page.getByLabel('User name').fill(username)
    await page.getByLabel('Password').fill(password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await expect(page.getByText(`Signed in as ${username}.`)).toBeVisible()

    await page.reload()
    await page.addScriptTag({ url: `${sameSite}/app.js`, type: 'module' })
    await expect(page.getByText(`Signed in as ${username}.`)).toBeVisible()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByLabel('Email').fill(email)
    await page.getByLabel('Password').fill('wrong')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await expect(page.getByRole('alert')).toHaveText('Invalid email or password')
    expect(problems).toEqual([])
  })
}

const main = `import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import App from './App.jsx'
createRoot(document.getElementById('root')).render(<StrictMode><App /></StrictMode>)`

/** What a bundler makes of the pasted files, as Vite's template starts them. */
async function bundle(files: Record<string, string>): Promise<string> {
  const result = await build({
    stdin: { contents: main, loader: 'jsx', resolveDir: process.cwd() },
    bundle: true,
    write: false,
    format: 'esm',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"development"' },
    plugins: [
      {
        name: 'pasted',
        setup(building) {
          building.onResolve({ filter: /^\.\/(auth\.js|App\.jsx)$/ }, ({ path }) => ({
            path,
            namespace: 'pasted',
          }))
          building.onLoad({ filter: /.*/, namespace: 'pasted' }, ({ path }) => ({
            contents: files[path] ?? '',
            loader: 'jsx',
            resolveDir: process.cwd(),
          }))
        },
      },
    ],
  })
  return result.outputFiles[0]?.text ?? ''
}
