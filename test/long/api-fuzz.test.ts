import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, inject, test } from 'vitest'
import { documentFile } from '#lib/openapi/built-document.ts'
import { type OpenApiDocument, operationsOf } from '#lib/openapi/openapi-document.ts'
import { freePort } from '#server/free-port.ts'
import { type ApiClient, newAccount } from '../support/api-client.ts'
import { type FuzzedRequest, freshKey, fuzzedRequests, type Holdings, takesKey } from '../support/api-fuzz.ts'
import type { TestAnswer } from '../support/check-answer.ts'
import { createTestDatabase } from '../support/database.ts'
import { leaksIn } from '../support/leaks.ts'
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
/** Of a run on a machine that has other things to do as well. */
const runMsMax = 120_000 + requestsMin * 20
const accountsCount = 12
/** Their sessions end sooner or later, and their tokens run out. */
const batchesUntilNewAccounts = 60

const document: OpenApiDocument = JSON.parse(readFileSync(documentFile, 'utf8'))
const secret = 'a root secret of the system tests that is long'

test(`${requestsMin} requests made from the document get no 5xx, nothing undocumented, nothing late and no secret, and each key is done once`, {
  timeout: runMsMax,
}, async () => {
  const clone = makeClone()
  const port = await freePort()
  const { url } = await createTestDatabase(inject('databaseServerUrl'))
  const server = await startServer({ clone, variables: { ...strictVariables(url, port), LOG_LEVEL: 'warn' } })
  const holdings = await fillHoldings(server)
  const seen: Seen = { batches: 0, requests: 0, repeated: 0, statuses: new Map() }
  try {
    const batch = fc.array(fuzzedRequests(document, holdings), { minLength: batchSize, maxLength: batchSize })
    await fc.assert(
      fc.asyncProperty(batch, async (requests) => {
        if (seen.batches % batchesUntilNewAccounts === 0) Object.assign(holdings, await fillHoldings(server))
        seen.batches += 1
        await Promise.all(requests.map((request) => sendAndJudge(server, request, holdings, seen)))
      }),
      // The complaint names the request; to seek a smaller one would be another run on a server that has gone on.
      { numRuns: Math.ceil(requestsMin / batchSize), endOnFailure: true, ...seed },
    )
  } finally {
    await server.stop()
    removeClone(clone)
  }

  console.log(
    `${seen.requests} requests, ${seen.repeated} repeated with their key: ${JSON.stringify(Object.fromEntries(seen.statuses))}`,
  )
  expect(seen.requests).toBeGreaterThanOrEqual(requestsMin)
  // It got further than the front door.
  for (const status of [200, 204, 304, 400, 401, 403, 404, 405, 413, 415, 422]) {
    expect(seen.statuses.get(status) ?? 0, `answers with ${status}`).toBeGreaterThan(0)
  }
  expect(seen.repeated).toBeGreaterThan(requestsMin / 1000)
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
  return /(?:"token":"|token=)([\w-]{43})/.exec(server.output())?.[1] ?? ''
}

interface Seen {
  batches: number
  requests: number
  /** Successes with an Idempotency-Key that were asked for once more. */
  repeated: number
  statuses: Map<number, number>
}

async function sendAndJudge(server: ProcessServer, request: FuzzedRequest, held: Holdings, seen: Seen) {
  const { 'idempotency-key': key } = request.headers
  const isFresh = key === freshKey
  const sent = isFresh
    ? { ...request, headers: { ...request.headers, 'idempotency-key': randomUUID() } }
    : request
  const first = await judged(server, sent, held, seen)
  const wasDone = first.status === 200 && first.headers.get('idempotency-replayed') === null
  if (!isFresh || !wasDone || !repeatable.has(`${request.method} ${request.path}`)) return
  seen.repeated += 1
  const complaints = await complaintsOfRepeating(server, sent, first, held, seen)
  if (complaints.length > 0) throw new Error(`${JSON.stringify(sent)}: ${complaints.join('; ')}`)
}

const repeatable = new Set(
  operationsOf(document)
    .filter(takesKey)
    .map(({ method, path }) => `${method} ${path}`),
)

/** The same again gets the first answer; something else under the same key is refused. */
async function complaintsOfRepeating(
  server: ProcessServer,
  sent: FuzzedRequest,
  first: TestAnswer,
  held: Holdings,
  seen: Seen,
): Promise<string[]> {
  const again = await judged(server, sent, held, seen)
  const isSame = again.status === 200 && again.text === first.text
  const isMarked = again.headers.get('idempotency-replayed') === 'true'
  const fields = Object.keys(JSON.parse(sent.body ?? '{}'))
  const others = Object.entries({ ...newAccount(), new_email: newAccount().email })
  const body = JSON.stringify({
    ...JSON.parse(sent.body ?? '{}'),
    ...Object.fromEntries(others.filter(([field]) => fields.includes(field))),
  })
  const other = await judged(server, { ...sent, body }, held, seen)
  const isRefused = other.status === 422 && other.body.code === 'idempotency_key_reused'
  return [
    ...(isSame && isMarked
      ? []
      : [`repeated, it got ${again.status} ${again.text} instead of ${first.text}`]),
    ...(isRefused ? [] : [`with the same key, something else got ${other.status} ${other.text}`]),
  ]
}

/** Sends one request from an address of its own, and looks at all of the answer. */
async function judged(
  server: ProcessServer,
  request: FuzzedRequest,
  held: Holdings,
  seen: Seen,
): Promise<TestAnswer> {
  const { 'x-origin': origin, ...headers } = request.headers
  const startedMs = performance.now()
  const answer = await send(server.client(), request, {
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
    ...leaksIn(answer, request, held, [secret]),
  ]
  if (complaints.length > 0) throw new Error(`${JSON.stringify(request)}: ${complaints.join('; ')}`)
  return answer
}

/** The transport holds each answer against the contract and the document. */
function send(client: ApiClient, { method, path, body }: FuzzedRequest, headers: Record<string, string>) {
  const takesBody = body !== null && method !== 'GET' && method !== 'HEAD'
  return client.send(path, { method, headers, ...(takesBody && { body }) })
}
