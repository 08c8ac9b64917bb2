import { contracts, describedInRoutes, docsContracts } from '#lib/contracts.ts'
import { type Contract, ProblemBody, problemsOf } from '#lib/http/contract.ts'
import { problems } from '#lib/problems.ts'
import { builtDocumentCheck } from './check-document.ts'

/** An answer as tests look at it. */
export interface TestAnswer {
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: tests read whatever the answer holds; its shape is checked here
  body: any
  text: string
}

/** Refusals that may come for any path and method, before an operation is chosen. */
const unrouted = new Set([
  'not_found',
  'method_not_allowed',
  'misdirected_host',
  'loopback_only',
  'unavailable',
])

/** What settings of the server change in its answers. */
export interface Expectations {
  /** LOGIN_FAILURE_STATUS. */
  loginFailureStatus?: number
}

/**
 * Holds an answer against the contract of its operation: an undocumented status, code or field fails the test, as does
 * a header that every answer must have.
 */
export async function checkAnswer(
  method: string,
  pathname: string,
  response: Response,
  { loginFailureStatus = problems.invalid_credentials.status }: Expectations = {},
): Promise<TestAnswer> {
  const text = await response.text()
  const isJson = /json/.test(response.headers.get('content-type') ?? '')
  const answer = {
    status: response.status,
    headers: response.headers,
    text,
    body: isJson && text ? JSON.parse(text) : {},
  }
  const where = `${method} ${pathname} answered ${answer.status} ${text}`
  requireHeaders(answer, where)
  const contract = contractOf(method, pathname)
  if (method === 'HEAD') return answer
  const asDocumented = withDocumentedStatus(answer, loginFailureStatus, where)
  if (answer.status >= 400) requireDocumentedProblem(asDocumented, contract, where)
  else if (method !== 'OPTIONS') requireDocumentedBody(answer, contract, where)
  if (contract && contracts.includes(contract) && method !== 'OPTIONS')
    requireInDocument(asDocumented, contract, where)
  return answer
}

export function contractOf(method: string, pathname: string): Contract | undefined {
  const wanted = method === 'HEAD' ? 'GET' : method
  return [...contracts, ...docsContracts, ...describedInRoutes].find((contract) => {
    const pattern = new RegExp(`^${contract.path.replace(/\{[a-z_]+\}/, '[^/]+')}$`)
    return contract.method === wanted && pattern.test(pathname)
  })
}

/** A refused sign-in as it would be without LOGIN_FAILURE_STATUS, which changes its status and nothing else. */
function withDocumentedStatus(answer: TestAnswer, loginFailureStatus: number, where: string): TestAnswer {
  if (answer.body?.code !== 'invalid_credentials') return answer
  if (answer.status !== loginFailureStatus || answer.body.status !== loginFailureStatus)
    throw new Error(`${where}: a refused sign-in is ${loginFailureStatus} here`)
  const { status } = problems.invalid_credentials
  return { ...answer, status, body: { ...answer.body, status } }
}

/** By the OpenAPI document as it is served. */
function requireInDocument(answer: TestAnswer, { method, path }: Contract, where: string): void {
  const complaints = builtDocumentCheck()(method, path, answer)
  if (complaints.length > 0) throw new Error(`${where}; by the OpenAPI document: ${complaints.join('; ')}`)
}

function requireHeaders({ headers, status }: TestAnswer, where: string): void {
  const missing = ['x-request-id', 'x-content-type-options', 'cache-control'].filter(
    (name) => !headers.has(name),
  )
  if (missing.length > 0) throw new Error(`${where} without ${missing.join(', ')}`)
  if (!/\bOrigin\b/.test(headers.get('vary') ?? '')) throw new Error(`${where} without Vary: Origin`)
  if (status === 401 && !headers.has('www-authenticate')) throw new Error(`${where} without WWW-Authenticate`)
  if ((status === 429 || status === 503) && !headers.has('retry-after'))
    throw new Error(`${where} without Retry-After`)
  if (headers.has('set-cookie') && headers.get('cache-control') !== 'no-store') {
    throw new Error(`${where}: a cookie on an answer that may be stored`)
  }
}

function requireDocumentedProblem(answer: TestAnswer, contract: Contract | undefined, where: string): void {
  const body = ProblemBody.parse(answer.body)
  const documented = contract ? problemsOf(contract) : []
  const isDocumented = documented.some((code) => code === body.code) || (!contract && unrouted.has(body.code))
  if (!isDocumented) throw new Error(`${where}: ${body.code} is not documented`)
  const { status } = problems[body.code as keyof typeof problems]
  if (answer.status !== status) throw new Error(`${where}: ${body.code} is ${status}`)
  if (body.status !== answer.status) throw new Error(`${where}: status and body disagree`)
}

function requireDocumentedBody(answer: TestAnswer, contract: Contract | undefined, where: string): void {
  // What caches may keep may be asked for again on a condition.
  const isUnchanged = answer.status === 304 && /^public\b/.test(answer.headers.get('cache-control') ?? '')
  if (isUnchanged && answer.headers.has('etag') && answer.text === '') return
  const schema = contract?.responses[answer.status as 200]
  if (!schema) throw new Error(`${where}: this status is not documented`)
  schema.parse(contract?.mediaType ? answer.text : answer.body)
}
