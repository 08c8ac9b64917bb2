import { openSetup } from '#lib/auth/setup/setup.ts'
import { inboxKeyOf } from '#lib/mail/inbox-key.ts'
import type { ApiClient } from './api-client.ts'
import type { TestAnswer } from './check-answer.ts'
import { serverForThisTest, type TestServer } from './harness.ts'
import { bodyWithLink, openLinkFor } from './link-scenes.ts'
import { capturedMail, readMail } from './mailbox.ts'

/** What was sent, as far as it had a body, and what came back; by what tells several successes apart. */
export type Successes = Record<string, { request?: object; answer: TestAnswer }>

const anna = { email: 'anna@example.com', username: 'anna', password: 'a slow green ferry' }
const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'
const address = '203.0.113.7'

interface Stage {
  server: TestServer
  client: ApiClient
}

async function stage(variables: Record<string, string> = {}): Promise<Stage> {
  const server = await serverForThisTest(variables)
  return { server, client: server.client({ address }) }
}

async function signedIn(variables: Record<string, string> = {}): Promise<Stage> {
  const scene = await stage(variables)
  await scene.client.register(anna)
  await scene.client.login(anna)
  return scene
}

/** Another place where Anna is signed in; its id. */
async function signInElsewhere(server: TestServer): Promise<string> {
  const browser = server.client({ address: '2001:db8::7' })
  const { email, password } = anna
  await browser.send('/api/auth/login', {
    json: { email, password, transport: 'cookie' },
    headers: { 'user-agent': firefox, 'sec-fetch-site': 'same-origin' },
  })
  return (await browser.me()).body.session.id
}

async function get(path: string): Promise<Successes> {
  const { client } = await stage()
  return { done: { answer: await client.send(path) } }
}

async function post(client: ApiClient, path: string, request: object): Promise<Successes[string]> {
  return {
    request,
    answer: await client.send(path, { json: request, headers: { origin: 'http://localhost:8000' } }),
  }
}

/** With the link of a message, and, where the message has one, with its code. */
async function withLink(operationId: string, path: string): Promise<Successes> {
  const { server, client } = await stage(capturedMail)
  const link = await openLinkFor(server, operationId, anna)
  return { link: await post(client, path, bodyWithLink(operationId, link)) }
}

async function withCode(operationId: string, path: string): Promise<Successes> {
  const { server, client } = await stage(capturedMail)
  const link = await openLinkFor(server, operationId, anna)
  const { token: _, ...rest } = bodyWithLink(operationId, link) as { token: string }
  return { code: await post(client, path, { email: anna.email, code: link.mail.code, ...rest }) }
}

/** How each operation succeeds, by its id. Each runs on a database of its own, so that everything is the same again. */
export const successes: Record<string, () => Promise<Successes>> = {
  async register() {
    const { client } = await stage()
    return { done: await post(client, '/api/auth/register', anna) }
  },
  async login() {
    const { client } = await stage()
    await client.register(anna)
    const { email, password } = anna
    return {
      bearer: await post(client, '/api/auth/login', { email, password }),
      cookie: await post(client, '/api/auth/login', { email, password, transport: 'cookie', remember: true }),
    }
  },
  async logout() {
    const { client } = await signedIn()
    return { done: await post(client, '/api/auth/logout', { refresh_token: client.refreshToken }) }
  },
  async getMe() {
    const { client } = await signedIn()
    return { done: { answer: await client.me() } }
  },
  async changeUsername() {
    const { client } = await signedIn()
    const request = { username: 'anna.2' }
    const answer = await client.send('/api/auth/me', { method: 'PATCH', json: request })
    return { done: { request, answer } }
  },
  async deleteMyAccount() {
    const { client } = await signedIn(capturedMail)
    const request = { password: anna.password }
    const answer = await client.send('/api/auth/me', { method: 'DELETE', json: request })
    return { done: { request, answer } }
  },
  async refresh() {
    const { server, client } = await signedIn()
    const browser = server.client({ address })
    await browser.login({ ...anna, transport: 'cookie' })
    return {
      bearer: await post(client, '/api/auth/refresh', { refresh_token: client.refreshToken }),
      cookie: await post(browser, '/api/auth/refresh', {}),
    }
  },
  async changePassword() {
    const { client } = await signedIn()
    const request = { current_password: anna.password, new_password: 'a quick red tram' }
    return { done: await post(client, '/api/auth/change-password', request) }
  },
  async listSessions() {
    const { server, client } = await signedIn()
    await server.time.advance({ seconds: 60 })
    await signInElsewhere(server)
    return {
      all: { answer: await client.send('/api/auth/sessions') },
      page: { answer: await client.send('/api/auth/sessions?limit=1') },
    }
  },
  async endOtherSessions() {
    const { server, client } = await signedIn()
    await signInElsewhere(server)
    return { done: { answer: await client.send('/api/auth/sessions', { method: 'DELETE' }) } }
  },
  async endSession() {
    const { server, client } = await signedIn()
    const id = await signInElsewhere(server)
    return { done: { answer: await client.send(`/api/auth/sessions/${id}`, { method: 'DELETE' }) } }
  },
  verifyEmail: async () => ({
    ...(await withLink('verifyEmail', '/api/auth/verify-email')),
    ...(await withCode('verifyEmail', '/api/auth/verify-email')),
  }),
  async resendVerification() {
    const { client } = await stage(capturedMail)
    await client.register(anna)
    return { done: await post(client, '/api/auth/verify-email/resend', { email: anna.email }) }
  },
  disownRegistration: () => withLink('disownRegistration', '/api/auth/verify-email/disown'),
  async forgotPassword() {
    const { client } = await stage(capturedMail)
    await client.register(anna)
    return { done: await post(client, '/api/auth/forgot-password', { email: anna.email }) }
  },
  resetPassword: async () => ({
    ...(await withLink('resetPassword', '/api/auth/reset-password')),
    ...(await withCode('resetPassword', '/api/auth/reset-password')),
  }),
  async changeEmail() {
    const { client } = await signedIn(capturedMail)
    const request = { new_email: 'anna@new.example', password: anna.password }
    return { done: await post(client, '/api/auth/change-email', request) }
  },
  async cancelEmailChange() {
    const { client } = await signedIn(capturedMail)
    return { done: { answer: await client.send('/api/auth/change-email', { method: 'DELETE' }) } }
  },
  confirmEmailChange: () => withLink('confirmEmailChange', '/api/auth/change-email/confirm'),
  undoEmailChange: () => withLink('undoEmailChange', '/api/auth/change-email/undo'),
  async exportMyData() {
    const { server, client } = await signedIn(capturedMail)
    await readMail(server, anna.email)
    return { done: { answer: await client.send('/api/auth/export') } }
  },
  async setUpFirstAdministrator() {
    const { server, client } = await stage()
    const token = (await openSetup(server.runtime))?.reveal()
    return { done: await post(client, '/api/setup', { token, ...anna }) }
  },
  getKeySet: () => get('/.well-known/jwks.json'),
  getOpenApi: () => get('/openapi.json'),
  getLiveness: () => get('/api/health/live'),
  getReadiness: () => get('/api/health/ready'),
  async getMetrics() {
    const server = await serverForThisTest()
    const client = server.client({ address: '127.0.0.1' })
    await client.send('/api/health/live')
    return { done: { answer: await client.send('/metrics') } }
  },
  async listCapturedMail() {
    const { server, client } = await stage(capturedMail)
    await client.register(anna)
    await readMail(server, anna.email)
    const key = inboxKeyOf(server.runtime.roots).reveal()
    const headers = { authorization: `Bearer ${key}` }
    return { done: { answer: await client.send(`/api/dev/mail?to=${anna.email}`, { headers }) } }
  },
}
