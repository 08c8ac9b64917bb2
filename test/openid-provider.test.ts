import { afterAll, beforeAll, expect, test } from 'vitest'
import { beginFlow, finishFlow, redeem } from './support/code-flow.ts'
import { type CookieBrowser, cookieBrowser } from './support/cookie-browser.ts'
import { defaultPassword, openIdControl } from './support/openid-control.ts'
import { type OpenIdProvider, startOpenIdProvider } from './support/openid-provider.ts'

const client = {
  id: 'application',
  secret: 'shared with the provider',
  redirectUris: ['http://localhost:8949/callback', 'http://localhost:8949/other'],
}
const subject = 'subject-1'
const user = { subject, email: 'one@example.com', name: 'One' }

let provider: OpenIdProvider

beforeAll(async () => {
  provider = await startOpenIdProvider({ clients: [client], users: [user] })
})

afterAll(() => provider.stop())

/** Through both pages. */
async function passPages(browser: CookieBrowser, url: string, as = subject) {
  const login = await browser.open(url)
  expect(login.html).toContain('Sign in at the provider')
  const consent = await browser.open(login.url, { subject: as, password: defaultPassword })
  expect(consent.html).toContain('application wants to know: openid email profile.')
  return browser.open(consent.url, { answer: 'allow' })
}

test('the pages lead to a code, and the code to an ID token with the claims of the user', async () => {
  const flow = await beginFlow(provider.issuer, client)
  const { url } = await passPages(cookieBrowser(), flow.url)

  expect(url).toMatch(/^http:\/\/localhost:8949\/callback\?code=/)
  expect(await finishFlow(flow, url)).toMatchObject({
    sub: subject,
    email: 'one@example.com',
    email_verified: true,
    name: 'One',
  })
})

test('a browser that was there before passes without a page, also to another registered address', async () => {
  const browser = cookieBrowser()
  await passPages(browser, (await beginFlow(provider.issuer, client)).url)
  const again = { ...client, redirectUris: ['http://localhost:8949/other'] }
  const flow = await beginFlow(provider.issuer, again)
  const { url } = await browser.open(flow.url)

  expect(url).toMatch(/^http:\/\/localhost:8949\/other\?code=/)
  expect(await finishFlow(flow, url)).toMatchObject({ sub: subject })
})

test('a wrong password leads back to the page, which says so', async () => {
  const browser = cookieBrowser()
  const login = await browser.open((await beginFlow(provider.issuer, client)).url)
  const refused = await browser.open(login.url, { subject, password: 'wrong' })

  expect(refused.url).toBe(login.url)
  expect(refused.html).toContain('role="alert"')
})

test.each(['login', 'consent'])('cancelling on the %s page ends in access_denied', async (page) => {
  const browser = cookieBrowser()
  const flow = await beginFlow(provider.issuer, client)
  const login = await browser.open(flow.url)
  const at = page === 'login' ? login : await browser.open(login.url, { subject, password: defaultPassword })
  const { url } = await browser.open(at.url, { answer: 'cancel' })

  await expect(finishFlow(flow, url)).rejects.toThrow('answer: access_denied')
})

test('the address of a subject can change, from another process too', async () => {
  const changing = 'subject-2'
  await provider.setUser({ subject: changing, email: 'two@example.com', name: 'Two' })
  await openIdControl(provider.issuer).setUser({
    subject: changing,
    email: 'changed@example.com',
    emailVerified: false,
  })
  const flow = await beginFlow(provider.issuer, client)
  const { url } = await passPages(cookieBrowser(), flow.url, changing)

  expect(await finishFlow(flow, url)).toMatchObject({
    sub: changing,
    email: 'changed@example.com',
    email_verified: false,
    name: 'Two',
  })
})

test('an application can be added later, with its secret in the body', async () => {
  const later = { ...client, id: 'later', authentication: 'client_secret_post' as const }
  await provider.setClient(later)
  const browser = cookieBrowser()
  const flow = await beginFlow(provider.issuer, later)
  const login = await browser.open(flow.url)
  const consent = await browser.open(login.url, { subject, password: defaultPassword })
  const { url } = await browser.open(consent.url, { answer: 'allow' })

  expect(await finishFlow(flow, url)).toMatchObject({ aud: 'later' })
})

test.each([
  ['no challenge', { code_challenge: '', code_challenge_method: '' }],
  ['a plain challenge', { code_challenge_method: 'plain' }],
])('PKCE by S256 is required: %s is refused', async (_, parameters) => {
  const { url } = await cookieBrowser().open((await beginFlow(provider.issuer, client, { parameters })).url)

  expect(new URL(url).searchParams.get('error')).toBe('invalid_request')
})

test.each(['http://localhost:8949/callback/', 'http://localhost:8949/callback?x=1', 'http://evil.example/'])(
  'an address that is not registered gets nothing: %s',
  async (redirectUri) => {
    const flow = await beginFlow(provider.issuer, client, {
      parameters: { redirect_uri: redirectUri },
    })
    const page = await cookieBrowser().open(flow.url)

    expect(page).toMatchObject({ status: 400, url: flow.url })
    expect(page.html).toContain('redirect_uri')
  },
)

test('a code is redeemed once, by its application, with its verifier', async () => {
  const flow = await beginFlow(provider.issuer, client)
  const { url } = await passPages(cookieBrowser(), flow.url)
  const code = new URL(url).searchParams.get('code') ?? ''

  await expect(redeem({ ...flow, client: { ...client, secret: 'wrong' } }, code)).rejects.toThrow('401')
  await expect(redeem({ ...flow, verifier: flow.state }, code)).rejects.toThrow('400 invalid_grant')
  await redeem(flow, code)
  await expect(redeem(flow, code)).rejects.toThrow('400 invalid_grant')
})

test('it stops at once, and forgets', async () => {
  const other = await startOpenIdProvider()
  await other.stop()

  await expect(beginFlow(other.issuer, client)).rejects.toThrow('discovery: cut')
})
