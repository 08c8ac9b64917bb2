import { createServer, type Server } from 'node:http'
import { expect, test } from '@playwright/test'
import { newAccount } from '#test/support/api-client.ts'
import { openIdControl } from '#test/support/openid-control.ts'
import { readEnvironment } from '../support/environment.ts'
import { cancelAtProvider, signInAtProvider } from '../support/providers.ts'

const { frontEndPort, servers, providers } = readEnvironment()
const frontEndUrl = `http://127.0.0.1:${frontEndPort}`
const api = servers['headless'] ?? ''

/** A front end of its own origin: a link to begin with, and a page that exchanges the code. */
const script = `
const api = ${JSON.stringify(api)}
const base64url = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)))
  .replace(/\\+/g, '-').replace(/\\//g, '_').replace(/=+$/, '')
async function begin() {
  const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)))
  sessionStorage.setItem('verifier', verifier)
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))
  const query = new URLSearchParams({
    provider: 'oidc', return_to: location.origin + '/signed-in',
    code_challenge: base64url(digest), code_challenge_method: 'S256', state: 'mine',
  })
  location.assign(api + '/api/auth/social/start?' + query)
}
async function finish() {
  const query = new URLSearchParams(location.search)
  const say = (text) => { document.querySelector('p').textContent = text }
  if (query.get('state') !== 'mine') return say('not mine')
  if (query.has('error')) return say(query.get('error') + ': ' + query.get('error_description'))
  const answer = await fetch(api + '/api/auth/social/exchange', {
    method: 'POST', headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code: query.get('code'), code_verifier: sessionStorage.getItem('verifier') }),
  })
  const tokens = await answer.json()
  const me = await fetch(api + '/api/auth/me', { headers: { authorization: 'Bearer ' + tokens.access_token } })
  const { email, session } = await me.json()
  say('Signed in as ' + email + ' by ' + session.amr.join(' '))
}
if (location.pathname === '/signed-in') finish()
else document.querySelector('button').onclick = begin
`

let frontEnd: Server

test.beforeAll(async () => {
  frontEnd = createServer((_, response) => {
    response.setHeader('content-type', 'text/html')
    response.end(
      `<!doctype html><title>Front end</title><p>Front end</p><button>Sign in</button><script>${script}</script>`,
    )
  })
  await new Promise<void>((resolve) => frontEnd.listen(frontEndPort, '127.0.0.1', resolve))
})

test.afterAll(() => void frontEnd.close())

test('a page on another origin signs in with a provider over the headless server', async ({
  page,
  context,
}) => {
  const { username: subject, email } = newAccount()
  await openIdControl(providers.openId).setUser({ subject, email, emailVerified: true, name: 'Someone' })
  await page.goto(frontEndUrl)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await signInAtProvider(page, { subject })

  await expect(page.getByText(`Signed in as ${email} by fed oidc`)).toBeVisible()
  const names = (await context.cookies(api)).map(({ name }) => name)
  expect(names.filter((name) => name.startsWith('session_'))).toEqual([])
})

test('a page on another origin is told that somebody cancelled', async ({ page }) => {
  await page.goto(frontEndUrl)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await cancelAtProvider(page)

  await expect(page.getByText('social_cancelled: Sign-in was cancelled.')).toBeVisible()
})
