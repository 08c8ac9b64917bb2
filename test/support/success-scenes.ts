import { openSetup } from '#lib/auth/setup/setup.ts'
import type { ApiClient } from './api-client.ts'
import type { TestAnswer } from './check-answer.ts'
import { serverForThisTest, type TestServer } from './harness.ts'

/** What was sent, as far as it had a body, and what came back; by what tells several successes apart. */
export type Successes = Record<string, { request?: object; answer: TestAnswer }>

const anna = { email: 'anna@example.com', username: 'anna', password: 'a slow green ferry' }
const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'
const address = '203.0.113.7'

async function stage(): Promise<{ server: TestServer; client: ApiClient }> {
  const server = await serverForThisTest()
  return { server, client: server.client({ address }) }
}

async function signedIn(): Promise<{ server: TestServer; client: ApiClient }> {
  const scene = await stage()
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
}
