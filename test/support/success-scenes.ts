import { randomUUID } from 'node:crypto'
import type { ApiClient } from './api-client.ts'
import type { TestAnswer } from './check-answer.ts'
import { bodyWithLink, openLinkFor } from './link-scenes.ts'
import { capturedMail } from './mailbox.ts'
import { metricsHeaders } from './metrics-token.ts'
import type { Stage, Theatre } from './stage.ts'

export interface Success {
  /** What was sent, as far as it had a body. */
  request?: object
  answer: TestAnswer
  /** The status for somebody who has had the answer before: no example of its own. */
  again?: 200 | 304
}

/** By what tells several successes of an operation apart. */
export type Successes = Record<string, Success>

const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'

/** A stage where nobody is signed in, and a client of the newcomer. */
async function opened(
  theatre: Theatre,
  variables: Record<string, string> = {},
): Promise<{ stage: Stage; client: ApiClient }> {
  const stage = await theatre.open(variables)
  return { stage, client: stage.client({ address: stage.here }) }
}

async function signedIn(
  theatre: Theatre,
  variables: Record<string, string> = {},
): Promise<{ stage: Stage; client: ApiClient }> {
  const scene = await opened(theatre, variables)
  await scene.client.register(scene.stage.newcomer)
  await scene.client.login(scene.stage.newcomer)
  return scene
}

/** Another place where the newcomer is signed in; its id. */
async function signInElsewhere(stage: Stage): Promise<string> {
  const browser = stage.client({ address: stage.elsewhere })
  const { email, password } = stage.newcomer
  await browser.send('/api/auth/login', {
    json: { email, password, transport: 'cookie' },
    headers: { 'user-agent': firefox, 'sec-fetch-site': 'same-origin' },
  })
  return (await browser.me()).body.session.id
}

async function get(theatre: Theatre, path: string): Promise<Successes> {
  const { client } = await opened(theatre)
  return { done: { answer: await client.send(path) } }
}

/** And once more, for a client that kept the answer. */
async function getTwice(theatre: Theatre, path: string): Promise<Successes> {
  const { client } = await opened(theatre)
  const answer = await client.send(path)
  const headers = { 'if-none-match': answer.headers.get('etag') ?? '' }
  return { done: { answer }, unchanged: { answer: await client.send(path, { headers }), again: 304 } }
}

async function post(
  { appUrl }: Stage,
  client: ApiClient,
  path: string,
  request: object,
  headers: Record<string, string> = {},
): Promise<Success> {
  return {
    request,
    answer: await client.send(path, { json: request, headers: { origin: appUrl, ...headers } }),
  }
}

/** With the link of a message, and, where the message has one, with its code. */
async function withLink(theatre: Theatre, operationId: string, path: string): Promise<Successes> {
  const { stage, client } = await opened(theatre, capturedMail)
  const link = await openLinkFor(stage, operationId, stage.newcomer)
  return { link: await post(stage, client, path, bodyWithLink(operationId, link)) }
}

async function withCode(theatre: Theatre, operationId: string, path: string): Promise<Successes> {
  const { stage, client } = await opened(theatre, capturedMail)
  const link = await openLinkFor(stage, operationId, stage.newcomer)
  const { token: _, ...rest } = bodyWithLink(operationId, link) as { token: string }
  const { email } = stage.newcomer
  return { code: await post(stage, client, path, { email, code: link.mail.code, ...rest }) }
}

/** How each operation succeeds, by its id. */
export const successes: Record<string, (theatre: Theatre) => Promise<Successes>> = {
  async register(theatre) {
    const { stage, client } = await opened(theatre)
    const key = { 'idempotency-key': randomUUID() }
    const done = await post(stage, client, '/api/auth/register', stage.newcomer, key)
    const repeated = await post(stage, client, '/api/auth/register', stage.newcomer, key)
    return { done, repeated: { ...repeated, again: 200 } }
  },
  async login(theatre) {
    const { stage, client } = await opened(theatre)
    await client.register(stage.newcomer)
    const { email, password } = stage.newcomer
    const forCookie = { email, password, transport: 'cookie', remember: true }
    return {
      bearer: await post(stage, client, '/api/auth/login', { email, password }),
      cookie: await post(stage, client, '/api/auth/login', forCookie),
    }
  },
  async logout(theatre) {
    const { stage, client } = await signedIn(theatre)
    return { done: await post(stage, client, '/api/auth/logout', { refresh_token: client.refreshToken }) }
  },
  async getMe(theatre) {
    const { client } = await signedIn(theatre)
    return { done: { answer: await client.me() } }
  },
  async changeUsername(theatre) {
    const { stage, client } = await signedIn(theatre)
    const request = { username: `${stage.newcomer.username}.2` }
    const answer = await client.send('/api/auth/me', { method: 'PATCH', json: request })
    return { done: { request, answer } }
  },
  async deleteMyAccount(theatre) {
    const { stage, client } = await signedIn(theatre, capturedMail)
    const request = { password: stage.newcomer.password }
    const answer = await client.send('/api/auth/me', { method: 'DELETE', json: request })
    return { done: { request, answer } }
  },
  async refresh(theatre) {
    const { stage, client } = await signedIn(theatre)
    const browser = stage.client({ address: stage.here })
    await browser.login({ ...stage.newcomer, transport: 'cookie' })
    return {
      bearer: await post(stage, client, '/api/auth/refresh', { refresh_token: client.refreshToken }),
      cookie: await post(stage, browser, '/api/auth/refresh', {}),
    }
  },
  async changePassword(theatre) {
    const { stage, client } = await signedIn(theatre)
    const request = { current_password: stage.newcomer.password, new_password: 'a quick red tram' }
    return { done: await post(stage, client, '/api/auth/change-password', request) }
  },
  async listSessions(theatre) {
    const { stage, client } = await signedIn(theatre)
    await stage.later()
    await signInElsewhere(stage)
    return {
      all: { answer: await client.send('/api/auth/sessions') },
      page: { answer: await client.send('/api/auth/sessions?limit=1') },
    }
  },
  async endOtherSessions(theatre) {
    const { stage, client } = await signedIn(theatre)
    await signInElsewhere(stage)
    return { done: { answer: await client.send('/api/auth/sessions', { method: 'DELETE' }) } }
  },
  async endSession(theatre) {
    const { stage, client } = await signedIn(theatre)
    const id = await signInElsewhere(stage)
    return { done: { answer: await client.send(`/api/auth/sessions/${id}`, { method: 'DELETE' }) } }
  },
  verifyEmail: async (theatre) => ({
    ...(await withLink(theatre, 'verifyEmail', '/api/auth/verify-email')),
    ...(await withCode(theatre, 'verifyEmail', '/api/auth/verify-email')),
  }),
  async resendVerification(theatre) {
    const { stage, client } = await opened(theatre, capturedMail)
    const { email } = stage.newcomer
    await client.register(stage.newcomer)
    return { done: await post(stage, client, '/api/auth/verify-email/resend', { email }) }
  },
  disownRegistration: (theatre) => withLink(theatre, 'disownRegistration', '/api/auth/verify-email/disown'),
  async forgotPassword(theatre) {
    const { stage, client } = await opened(theatre, capturedMail)
    const { email } = stage.newcomer
    await client.register(stage.newcomer)
    return { done: await post(stage, client, '/api/auth/forgot-password', { email }) }
  },
  resetPassword: async (theatre) => ({
    ...(await withLink(theatre, 'resetPassword', '/api/auth/reset-password')),
    ...(await withCode(theatre, 'resetPassword', '/api/auth/reset-password')),
  }),
  async changeEmail(theatre) {
    const { stage, client } = await signedIn(theatre, capturedMail)
    const { email, password } = stage.newcomer
    const request = { new_email: email.replace('@example.com', '@new.example'), password }
    return { done: await post(stage, client, '/api/auth/change-email', request) }
  },
  async cancelEmailChange(theatre) {
    const { client } = await signedIn(theatre, capturedMail)
    return { done: { answer: await client.send('/api/auth/change-email', { method: 'DELETE' }) } }
  },
  confirmEmailChange: (theatre) => withLink(theatre, 'confirmEmailChange', '/api/auth/change-email/confirm'),
  undoEmailChange: (theatre) => withLink(theatre, 'undoEmailChange', '/api/auth/change-email/undo'),
  async exportMyData(theatre) {
    const { stage, client } = await signedIn(theatre, capturedMail)
    await stage.newestMail(stage.newcomer.email, 'verify_email')
    return { done: { answer: await client.send('/api/auth/export') } }
  },
  async setUpFirstAdministrator(theatre) {
    const stage = await theatre.openEmpty(capturedMail)
    const client = stage.client({ address: stage.here })
    const request = { token: await stage.setupKey(), ...stage.newcomer }
    return { done: await post(stage, client, '/api/setup', request) }
  },
  getKeySet: (theatre) => getTwice(theatre, '/.well-known/jwks.json'),
  getOpenApi: (theatre) => getTwice(theatre, '/openapi.json'),
  getLiveness: (theatre) => get(theatre, '/api/health/live'),
  getReadiness: (theatre) => get(theatre, '/api/health/ready'),
  async getMetrics(theatre) {
    const stage = await theatre.open()
    const client = stage.client({ address: null })
    await client.send('/api/health/live')
    return { done: { answer: await client.send('/metrics', { headers: metricsHeaders }) } }
  },
  async listCapturedMail(theatre) {
    const { stage, client } = await opened(theatre, capturedMail)
    const { email } = stage.newcomer
    await client.register(stage.newcomer)
    await stage.newestMail(email, 'verify_email')
    const headers = { authorization: `Bearer ${await stage.inboxKey()}` }
    return { done: { answer: await client.send(`/api/dev/mail?to=${email}`, { headers }) } }
  },
}
