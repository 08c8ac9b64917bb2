import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, inject, test } from 'vitest'
import { documentFile } from '#lib/openapi/built-document.ts'
import type { OpenApiDocument } from '#lib/openapi/openapi-document.ts'
import { freePort } from '#server/free-port.ts'
import { type ApiClient, newAccount } from '../support/api-client.ts'
import { type FuzzedRequest, fuzzedRequests, type Holdings } from '../support/api-fuzz.ts'
import type { TestAnswer } from '../support/check-answer.ts'
import { createTestDatabase } from '../support/database.ts'
import {
  makeClone,
  type ProcessServer,
  removeClone,
  startServer,
  strictVariables,
} from '../support/process-server.ts'

/** `npm run fuzz` asks for more, and looks elsewhere each time. */
const requestsMin = Number(process.env['FUZZ_REQUESTS'] ?? 20_000)
const seed = process.env['FUZZ_SEED'] ? { seed: Number(process.env['FUZZ_SEED']) } : {}
const batchSize = 32
const answerMsMax = 2000
const accountsCount = 12

const document: OpenApiDocument = JSON.parse(readFileSync(documentFile, 'utf8'))
const secret = 'a root secret of the system tests that is long'

test(`${requestsMin} requests made from the document get no 5xx, nothing undocumented, nothing late and no secret`, async () => {
  const clone = makeClone()
  const port = await freePort()
  const { url } = await createTestDatabase(inject('databaseServerUrl'))
  const server = await startServer({ clone, variables: { ...strictVariables(url, port), LOG_LEVEL: 'warn' } })
  const holdings = await fillHoldings(server)
  const seen = { requests: 0, statuses: new Map<number, number>() }
  try {
    const batch = fc.array(fuzzedRequests(document, holdings), { minLength: batchSize, maxLength: batchSize })
    await fc.assert(
      fc.asyncProperty(batch, async (requests) => {
        if (seen.requests % (batchSize * 60) === 0) Object.assign(holdings, await fillHoldings(server))
        await Promise.all(requests.map((request) => sendAndJudge(server, request, holdings, seen)))
      }),
      // The complaint names the request; to seek a smaller one would be another run on a server that has gone on.
      { numRuns: Math.ceil(requestsMin / batchSize), endOnFailure: true, ...seed },
    )
  } finally {
    await server.stop()
    removeClone(clone)
  }

  console.log(`${seen.requests} requests: ${JSON.stringify(Object.fromEntries(seen.statuses))}`)
  expect(seen.requests).toBeGreaterThanOrEqual(requestsMin)
  // It got further than the front door.
  for (const status of [200, 204, 304, 400, 401, 403, 404, 405, 413, 415, 422]) {
    expect(seen.statuses.get(status) ?? 0, `answers with ${status}`).toBeGreaterThan(0)
  }
})

/** Accounts and what they hold: two sessions each. */
async function fillHoldings(server: ProcessServer): Promise<Holdings> {
  const holdings: Holdings = {
    accessTokens: [],
    refreshTokens: [],
    cookies: [],
    sessionIds: [],
    cursors: [],
    emails: [],
    passwords: [],
    setupKeys: [setupKeyOf(server)],
    etags: await etagsOf(server),
  }
  for (let count = 0; count < accountsCount; count += 1) await addAccount(server, holdings)
  return holdings
}

async function addAccount(server: ProcessServer, holdings: Holdings): Promise<void> {
  const bearer = server.client()
  const account = newAccount()
  await bearer.register(account)
  await bearer.login(account)
  const browser = server.client()
  await browser.login({ ...account, transport: 'cookie' })
  const page = await bearer.send('/api/auth/sessions?limit=1')
  holdings.accessTokens.push(bearer.accessToken ?? '')
  holdings.refreshTokens.push(bearer.refreshToken ?? '')
  holdings.cookies.push([...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; '))
  holdings.sessionIds.push(page.body.sessions[0].id)
  holdings.cursors.push(page.body.next_cursor)
  holdings.emails.push(account.email, account.username)
  holdings.passwords.push(account.password)
}

async function etagsOf(server: ProcessServer): Promise<string[]> {
  const paths = ['/openapi.json', '/.well-known/jwks.json']
  const answers = await Promise.all(paths.map((path) => server.client().send(path)))
  return answers.map(({ headers }) => headers.get('etag') ?? '')
}

function setupKeyOf(server: ProcessServer): string {
  return /(?:"token":"|token=)([\w-]{43})/.exec(server.output())?.[1] ?? 'none'
}

interface Seen {
  requests: number
  statuses: Map<number, number>
}

async function sendAndJudge(server: ProcessServer, request: FuzzedRequest, held: Holdings, seen: Seen) {
  const client = server.client()
  const { 'x-origin': origin, ...headers } = request.headers
  const startedMs = performance.now()
  const answer = await send(client, request, {
    ...headers,
    ...(origin === 'own' && { origin: server.url }),
    ...(origin === 'foreign' && { origin: 'https://evil.example' }),
  })
  const tookMs = performance.now() - startedMs
  seen.requests += 1
  seen.statuses.set(answer.status, (seen.statuses.get(answer.status) ?? 0) + 1)
  const complaints = [
    ...(answer.status >= 500 ? [`answered ${answer.status} ${answer.text}`] : []),
    ...(tookMs > answerMsMax ? [`took ${Math.round(tookMs)} ms`] : []),
    ...secretsIn(answer, request, held),
    ...badCookiesOf(answer),
  ]
  if (complaints.length > 0) throw new Error(`${JSON.stringify(request)}: ${complaints.join('; ')}`)
}

/** The transport holds each answer against the contract and the document. */
function send(client: ApiClient, { method, path, body }: FuzzedRequest, headers: Record<string, string>) {
  const takesBody = body !== null && method !== 'GET' && method !== 'HEAD'
  return client.send(path, { method, headers, ...(takesBody && { body }) })
}

const neverSent = [
  /\$argon2|\$2[aby]\$\d\d/,
  /PRIVATE KEY|"d":"/,
  /node_modules|\bat \S+ \(\S+:\d+:\d+\)/,
  /postgres(ql)?:\/\//,
  /\b(select|insert into|update) \S+ (from|values|set)\b/i,
]

function secretsIn(answer: TestAnswer, request: FuzzedRequest, held: Holdings): string[] {
  const patterns = neverSent.filter((pattern) => pattern.test(answer.text)).map(String)
  const mayHoldTokens = answer.status === 200 && /\/(login|refresh)$/.test(request.path.replace(/\?.*/, ''))
  const tokens = mayHoldTokens ? [] : [...held.accessTokens, ...held.refreshTokens]
  const values = [secret, ...held.passwords, ...tokens].filter((value) => answer.text.includes(value))
  return [...patterns, ...values].map((what) => `the answer holds ${what}`)
}

const goodCookie = /^(session|device|form)_\d+=[^;]*; Path=\/; HttpOnly; SameSite=Lax(; Max-Age=\d+)?$/

function badCookiesOf({ headers }: TestAnswer): string[] {
  return headers
    .getSetCookie()
    .filter((cookie) => !goodCookie.test(cookie))
    .map((cookie) => `a cookie without its flags: ${cookie.replace(/=[^;]*/, '=…')}`)
}
