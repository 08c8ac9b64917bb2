import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { meEndpoint } from '#lib/auth/me/me.endpoint.ts'
import { contracts } from '#lib/contracts.ts'
import { respond } from '#lib/http/answer.ts'
import { type Contract, problemsOf } from '#lib/http/contract.ts'
import { createRouter } from '#lib/http/router.ts'
import { documentFile } from '#lib/openapi/built-document.ts'
import type { OperationExamples, RecordedExamples } from '#lib/openapi/examples.ts'
import { type OpenApiDocument, operationsOf } from '#lib/openapi/openapi-document.ts'
import { type ProblemCode, problems } from '#lib/problems.ts'
import { createApiClient, signIn } from './support/api-client.ts'
import { checkAnswer, type TestAnswer } from './support/check-answer.ts'
import { builtDocumentCheck } from './support/check-document.ts'
import { testAppUrl, useServer } from './support/harness.ts'
import { innerRefusals } from './support/inner-refusal-scenes.ts'
import { innerTheatre } from './support/inner-theatre.ts'
import { withMadeUpValues } from './support/made-up-values.ts'
import { type Provoke, refusals } from './support/refusal-scenes.ts'
import { refusalsOnTheWay, socially } from './support/social-refusals.ts'
import { socialSuccesses } from './support/social-successes.ts'
import { successes as plainSuccesses } from './support/success-scenes.ts'

const successes = { ...plainSuccesses, ...socialSuccesses }
const recorded: RecordedExamples = { problems: {}, operations: {} }
/** `<operation> <status>` of the answers with a RateLimit. */
const tellingLimits = new Set<string>()
const document: OpenApiDocument = JSON.parse(readFileSync(documentFile, 'utf8'))
const codes = Object.keys(problems) as ProblemCode[]
const onTheWay = Object.keys(refusalsOnTheWay) as (keyof typeof refusalsOnTheWay)[]
const documenting = (code: ProblemCode) => contracts.filter((one) => problemsOf(one).includes(code))

// Every answer here is held against its contract and against the OpenAPI document (test/support/check-answer.ts).
// The same scenes, but for those of innerRefusals, are played over HTTP in e2e/api/proof.spec.ts.

describe('every operation succeeds as it is documented', () => {
  test('nothing else is said to succeed', () => {
    expect(Object.keys(successes).toSorted()).toEqual(contracts.map((one) => one.operationId).toSorted())
  })

  test.each(contracts.map((contract) => [contract.operationId, contract] as const))(
    '%s',
    async (operationId, contract) => {
      const given = await successes[operationId]?.(innerTheatre)
      for (const [name, { request, answer: given_, again }] of Object.entries(given ?? {})) {
        expect(given_.status, `${name} ${given_.text}`).toBe(again ?? 200)
        noteRateLimit(contract, given_)
        if (again) continue
        const own = examplesOf(contract)
        own.successes[name] = exampleOf(contract, given_)
        if (request) own.request ??= withMadeUpValues(request)
      }
    },
  )
})

describe('every documented refusal comes from every operation that documents it', () => {
  test.each(codes.filter((code) => documenting(code).length > 0))(
    '%s',
    async (code) => {
      const provoke = await provoking(code)
      for (const contract of documenting(code)) {
        const given = await provoke(contract)
        expect(given, contract.operationId).toBeProblem(problems[code].status, code)
        noteRateLimit(contract, given)
        recordRefusal(contract, code, withMadeUpValues(given.body))
      }
      // Some are a flood for each operation that documents them.
    },
    60_000,
  )

  test.each(onTheWay)('%s, on the way of a browser through a provider', async (code) => {
    const given = await refusalsOnTheWay[code]()
    expect(given).toBeProblem(problems[code].status, code)
    recorded.problems[code] = withMadeUpValues(given.body)
  })

  test('what no operation documents comes before an operation is chosen', async () => {
    const undocumented = codes.filter((code) => documenting(code).length === 0)
    expect(undocumented).toEqual(['method_not_allowed', ...onTheWay])
    const provoke = await provoking('method_not_allowed')
    for (const contract of contracts) {
      expect(await provoke(contract)).toBeProblem(405, 'method_not_allowed')
    }
  })
})

test('what is left of a limit is documented for the answers that said it, and for no other', () => {
  const played = new Set<string>(contracts.map(({ operationId }) => operationId))
  const operations = operationsOf(document).filter(({ operation }) => played.has(operation.operationId))
  const documented = operations.flatMap(({ operation }) =>
    Object.entries(operation.responses)
      .filter(([, { headers = {} }]) => 'RateLimit' in headers)
      .map(([status]) => `${operation.operationId} ${status}`),
  )

  expect([...tellingLimits].toSorted()).toEqual(documented.toSorted())
})

test('the examples in the document are these answers (npm run examples writes them)', async () => {
  expect(Object.keys(recorded.operations)).toEqual(contracts.map(({ operationId }) => operationId))
  await expect(written()).toMatchFileSnapshot('../lib/openapi/examples.json')
})

test('no example holds a secret of this run', () => {
  const text = written()
  const jwts = text.match(/eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+/g) ?? []

  expect(jwts.length).toBeGreaterThan(0)
  for (const jwt of jwts) expect(jwt).toMatch(/\.x{86}$/)
  for (const [secret] of text.matchAll(/[A-Za-z0-9_-]{43,}/g)) {
    const isMadeUp = /x{43}|y{43}/.test(secret) || jwts.some((jwt) => jwt.includes(secret))
    expect(isMadeUp, secret).toBe(true)
  }
})

function provokingAlone(code: ProblemCode): Promise<Provoke> {
  return code in innerRefusals
    ? innerRefusals[code as keyof typeof innerRefusals]()
    : refusals[code as keyof typeof refusals](innerTheatre)
}

/** With a provider beside it, where the refusal takes one. */
async function provoking(code: ProblemCode): Promise<Provoke> {
  const plain = code in innerRefusals || code in refusals ? await provokingAlone(code) : null
  return (contract) => {
    const given = socially(code, contract) ?? plain?.(contract)
    return given ?? Promise.reject(new Error(`${contract.operationId} is never ${code}`))
  }
}

/** The body in the form in which people read it; of long ones the beginning. */
function exampleOf({ operationId }: Contract, { body, text }: TestAnswer): unknown {
  if (operationId === 'getMetrics')
    return text.match(/^# \w+ http_server_request_duration_seconds.*\n/gm)?.join('')
  if (operationId === 'getOpenApi')
    return { openapi: body.openapi, info: { title: body.info.title }, paths: {} }
  return withMadeUpValues(body)
}

function noteRateLimit({ operationId }: Contract, { status, headers }: TestAnswer): void {
  if (headers.has('ratelimit')) tellingLimits.add(`${operationId} ${status}`)
}

function examplesOf({ operationId }: Contract): OperationExamples {
  const known = recorded.operations[operationId] ?? { successes: {} }
  recorded.operations[operationId] = known
  return known
}

/** The first of its kind stands for all that say the same. */
function recordRefusal(contract: Contract, code: ProblemCode, body: unknown): void {
  recorded.problems[code] ??= body
  if (JSON.stringify(recorded.problems[code]) === JSON.stringify(body)) return
  const own = examplesOf(contract)
  own.refusals = { ...own.refusals, [code]: body }
}

/** The file of the examples as it should be. */
function written(): string {
  const known = codes.filter((code) => recorded.problems[code])
  const inOrder = Object.fromEntries(known.map((code) => [code, recorded.problems[code]]))
  return `${JSON.stringify({ ...recorded, problems: inOrder }, null, 2)}\n`
}

describe('a drift of one handler is found', () => {
  const server = useServer()

  /** What `GET /api/auth/me` gives when its handler does something to the body. */
  async function drifted(
    change: (body: Record<string, unknown>) => unknown,
    {
      status = 200,
      headers: changedHeaders = {},
    }: { status?: number; headers?: Record<string, string> } = {},
  ) {
    const changed = {
      contract: meEndpoint.contract,
      handle: async (exchange: Parameters<typeof meEndpoint.handle>[0]) => {
        const reply = await meEndpoint.handle(exchange)
        const headers = { ...reply.headers, ...changedHeaders }
        return {
          ...reply,
          status,
          headers,
          body: JSON.stringify(change(JSON.parse(String(reply.body ?? '')))),
        }
      },
    }
    const router = createRouter([changed])
    const client = server.client()
    await signIn(client)
    const seen: Response[] = []
    const drifting = createApiClient(testAppUrl, async (request) => {
      const peer = { address: '127.0.0.1', via: 'node', hasPages: false, wasForwarded: false } as const
      const response = await respond(server.runtime, router.match('/api/auth/me'), request, peer)
      seen.push(response.clone())
      return checkAnswer('GET', '/api/auth/me', response)
    })
    drifting.accessToken = client.accessToken
    const judged = drifting.me()
    // Kept from being an unhandled rejection while the document is asked.
    judged.catch(() => {})
    await judged.catch(() => {})
    const [response] = seen
    if (!response) throw new Error('nothing was answered')
    const text = await response.text()
    const { headers } = response
    const byDocument = builtDocumentCheck()('GET', '/api/auth/me', {
      status: response.status,
      headers,
      text,
      body: JSON.parse(text),
    })
    return { judged, byDocument }
  }

  test('without a drift nothing is found', async () => {
    const { judged, byDocument } = await drifted((body) => body)

    expect((await judged).status).toBe(200)
    expect(byDocument).toEqual([])
  })

  test.each<[string, (body: Record<string, unknown>) => unknown, RegExp]>([
    ['a renamed field', ({ email, ...body }) => ({ ...body, mail: email }), /'email'/],
    ['a number as text', (body) => ({ ...body, id: String(body['id']) }), /integer/],
    ['a time without milliseconds', (body) => ({ ...body, created_at: 'yesterday' }), /date-time/],
  ])('%s: by the contract, and by the document alone', async (_, change, complaint) => {
    const { judged, byDocument } = await drifted(change)

    await expect(judged).rejects.toThrow()
    expect(byDocument.join()).toMatch(complaint)
  })

  test('an additional field: by the contract', async () => {
    const { judged } = await drifted((body) => ({ ...body, password_hash: 'x' }))

    await expect(judged).rejects.toThrow(/password_hash/)
  })

  test('a header that is not documented: by the document', async () => {
    const { byDocument } = await drifted((body) => body, { headers: { etag: '"x"' } })

    expect(byDocument).toEqual(['the header ETag is not documented for 200'])
  })

  test('a header that is required and missing, or does not fit: by the document', () => {
    const check = builtDocumentCheck()
    const refusal = (headers: Record<string, string>) =>
      check('POST', '/api/auth/login', {
        status: 429,
        headers: new Headers({
          'content-type': 'application/problem+json',
          'x-request-id': 'x',
          'cache-control': 'no-store',
          ...headers,
        }),
        text: '',
        body: recorded.problems.rate_limited,
      })

    expect(refusal({ 'retry-after': '7' })).toEqual([])
    expect(refusal({})).toEqual(['the header Retry-After is missing'])
    expect(refusal({ 'retry-after': 'soon' })).toEqual(['the header Retry-After does not fit: soon'])
    expect(refusal({ 'retry-after': '7', ratelimit: '7 left' })).toEqual([
      'the header RateLimit does not fit: 7 left',
    ])
  })

  test('a status that is not documented: by both', async () => {
    const { judged, byDocument } = await drifted((body) => body, { status: 201 })

    await expect(judged).rejects.toThrow(/not documented/)
    expect(byDocument).toEqual(['the status 201 is not documented'])
  })
})

describe('a refused sign-in', () => {
  const server = useServer()

  /** The refusal with a status of its own, held against the contract with what the settings of its server say. */
  async function judged(status: number, loginFailureStatus?: number) {
    const { headers, body } = await server.client().login({ email: 'nobody', password: 'whatever it is' })
    const response = new Response(JSON.stringify({ ...body, status }), { status, headers })
    const expectations = loginFailureStatus === undefined ? {} : { loginFailureStatus }
    return checkAnswer('POST', '/api/auth/login', response, expectations)
  }

  test('has the status of the setting LOGIN_FAILURE_STATUS, which is documented', async () => {
    expect((await judged(401)).status).toBe(401)
    expect((await judged(400, 400)).status).toBe(400)
  })

  test('with another status than the setting has is found', async () => {
    await expect(judged(400)).rejects.toThrow(/a refused sign-in is 401 here/)
    await expect(judged(401, 400)).rejects.toThrow(/a refused sign-in is 400 here/)
    await expect(judged(403, 400)).rejects.toThrow(/a refused sign-in is 400 here/)
  })
})
