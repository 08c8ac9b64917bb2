import fc from 'fast-check'
import {
  type DocumentedOperation,
  type OpenApiDocument,
  operationsOf,
} from '#lib/openapi/openapi-document.ts'
import { spoiled, valuesOf } from './schema-arbitraries.ts'

/** One request of a run. */
export interface FuzzedRequest {
  method: string
  path: string
  headers: Record<string, string>
  body: string | null
}

/** What the accounts of a run have, read when a request is made: their sessions come and go. */
export interface Holdings {
  accessTokens: string[]
  refreshTokens: string[]
  cookies: string[]
  sessionIds: string[]
  cursors: string[]
  emails: string[]
  passwords: string[]
  setupKeys: string[]
  etags: string[]
}

/** Stands for an Idempotency-Key that nobody has sent yet: what is made from a seed would come again. */
export const freshKey = 'an Idempotency-Key of its own'

const newAddress = fc.uuid().map((id) => `${id}@example.com`)

/** Values that nobody has yet, by the name of their field: most of those in use are refused where accounts are made. */
const newValues: Record<string, fc.Arbitrary<string>> = {
  email: newAddress,
  new_email: newAddress,
  username: fc.uuid().map((id) => id.replaceAll('-', '')),
  'Idempotency-Key': fc.constant(freshKey),
}

const holdingOfField: Record<string, keyof Holdings> = {
  email: 'emails',
  new_email: 'emails',
  username: 'emails',
  password: 'passwords',
  current_password: 'passwords',
  new_password: 'passwords',
  refresh_token: 'refreshTokens',
  token: 'setupKeys',
  id: 'sessionIds',
  cursor: 'cursors',
  'If-None-Match': 'etags',
}

/** Any request to any operation of a document: mostly what it takes, often almost, now and then anything. */
export function fuzzedRequests(document: OpenApiDocument, holdings: Holdings): fc.Arbitrary<FuzzedRequest> {
  const known = (field: string) => {
    const holding = holdingOfField[field]
    const known = [newValues[field], holding && oneOf(holdings, holding)].filter((one) => one !== undefined)
    return known.length > 0 ? fc.oneof(...known) : null
  }
  const operations = operationsOf(document)
  return fc.oneof(
    ...operations.map((one) => ({
      // A password costs its hash: what takes one would otherwise take most of the time.
      weight: takesPassword(one) ? 4 : 8,
      arbitrary: requestsTo(document, one, holdings, known),
    })),
    ...operations
      .filter((one) => takesKey(one) && one.operation.security?.length === 0)
      .map((one) => ({ weight: 1, arbitrary: repeatable(one, holdings) })),
  )
}

const takesPassword = ({ operation }: DocumentedOperation) =>
  JSON.stringify(operation.requestBody ?? '').includes('"format":"password"')

/** Requests to it may be repeated with their key. */
export const takesKey = ({ operation }: DocumentedOperation) =>
  operation.parameters?.some(({ name }) => name === 'Idempotency-Key') === true

/** With all that it takes to succeed for anybody, and a key: by chance too few would. */
function repeatable({ path, method, operation }: DocumentedOperation, holdings: Holdings) {
  const schema = operation.requestBody?.content['application/json']?.schema ?? {}
  const values = ((schema['required'] ?? []) as string[]).map((field) => {
    const holding = holdingOfField[field]
    const value = newValues[field] ?? (holding && oneOf(holdings, holding))
    if (!value) throw new Error(`nobody has said what ${operation.operationId} takes for ${field}`)
    return [field, value] as const
  })
  const headers = { 'content-type': 'application/json', 'idempotency-key': freshKey, 'x-origin': 'own' }
  return fc
    .record(Object.fromEntries(values))
    .map((body): FuzzedRequest => ({ method, path, headers, body: JSON.stringify(body) }))
}

/** Looked up when a value is made, not when the generator is. */
function oneOf(holdings: Holdings, name: keyof Holdings): fc.Arbitrary<string> {
  return fc.nat().map((pick) => {
    const values = holdings[name]
    return values[pick % Math.max(values.length, 1)] ?? 'nothing'
  })
}

function requestsTo(
  document: OpenApiDocument,
  { path, method, operation }: DocumentedOperation,
  holdings: Holdings,
  known: (field: string) => fc.Arbitrary<unknown> | null,
): fc.Arbitrary<FuzzedRequest> {
  const parameters = operation.parameters ?? []
  const valuesIn = (place: string) =>
    fc.record(
      Object.fromEntries(
        parameters
          .filter((one) => one.in === place)
          .map(({ name, schema }) => {
            const fitting = valuesOf(document, schema, known, name).map(String)
            return [name, fc.oneof({ weight: 3, arbitrary: fitting }, { weight: 1, arbitrary: fc.string() })]
          }),
      ),
      place === 'path' ? {} : { requiredKeys: [] },
    )
  return fc
    .record({
      method: fc.oneof(
        { weight: 30, arbitrary: fc.constant(method) },
        { weight: 1, arbitrary: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS') },
      ),
      segments: valuesIn('path'),
      query: valuesIn('query'),
      named: valuesIn('header'),
      credentials: credentials(holdings),
      origin: fc.constantFrom('own', 'own', 'own', 'none', 'foreign'),
      body: bodies(document, operation.requestBody?.content['application/json']?.schema ?? null, known),
    })
    .map(({ method: sent, segments, query, named, credentials: held, origin, body }) => ({
      method: sent,
      path: addressOf(path, segments as Record<string, string>, query as Record<string, string>),
      headers: {
        ...asHeaders(named as Record<string, string>),
        ...held,
        ...body?.headers,
        'x-origin': origin,
      },
      body: body?.text ?? null,
    }))
}

function addressOf(path: string, segments: Record<string, string>, query: Record<string, string>): string {
  const filled = path.replace(/\{([a-z_]+)\}/, (_, name: string) => encode(segments[name] ?? '') || 'x')
  const search = Object.entries(query).map(([name, value]) => `${name}=${encode(value)}`)
  return search.length === 0 ? filled : `${filled}?${search.join('&')}`
}

/** Half of a surrogate pair has no spelling in an address. */
const encode = (text: string) => encodeURIComponent(text.toWellFormed())

/** Node sends nothing else in a header. */
function asHeaders(named: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(named).map(([name, value]) => [
      name.toLowerCase(),
      value.replace(/[^\x20-\x7e]/g, '?').trim(),
    ]),
  )
}

function credentials(holdings: Holdings): fc.Arbitrary<Record<string, string>> {
  const token = oneOf(holdings, 'accessTokens')
  const cookie = oneOf(holdings, 'cookies')
  const spoil = (text: string, at: number) =>
    `${text.slice(0, at % text.length)}x${text.slice((at % text.length) + 1)}`
  return fc.oneof(
    fc.constant({}),
    token.map((value) => ({ authorization: `Bearer ${value}` })),
    cookie.map((value) => ({ cookie: value })),
    fc.tuple(token, fc.nat()).map(([value, at]) => ({ authorization: `Bearer ${spoil(value, at)}` })),
    fc.tuple(cookie, fc.nat()).map(([value, at]) => ({ cookie: spoil(value, at) })),
    fc.tuple(token, cookie).map(([value, other]) => ({ authorization: `Bearer ${value}`, cookie: other })),
    fc.base64String().map((value) => ({ authorization: `Basic ${value}` })),
  )
}

type Body = { text: string; headers: Record<string, string> } | null

function bodies(
  document: OpenApiDocument,
  schema: Parameters<typeof valuesOf>[1] | null,
  known: (field: string) => fc.Arbitrary<unknown> | null,
): fc.Arbitrary<Body> {
  const fitting = schema ? valuesOf(document, schema, known) : fc.jsonValue()
  const json = (values: fc.Arbitrary<unknown>): fc.Arbitrary<Body> =>
    values.map((value) => ({ text: JSON.stringify(value), headers: { 'content-type': 'application/json' } }))
  const raw = fc.record({
    text: fc.oneof(
      fc.string({ maxLength: 200 }),
      fc.constantFrom('{', '[[[[[[[[[[[[', 'x'.repeat(20_000), '{"a":1,"a":2}'),
    ),
    headers: fc.record({
      'content-type': fc.constantFrom(
        'application/json',
        'text/plain',
        'application/x-www-form-urlencoded',
        '',
      ),
    }),
  })
  const sent = fc.oneof(
    { weight: 6, arbitrary: json(fitting) },
    { weight: 4, arbitrary: json(spoiled(fitting)) },
    { weight: 1, arbitrary: raw },
    { weight: 1, arbitrary: fc.constant(null) },
  )
  return schema ? sent : fc.oneof({ weight: 9, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: sent })
}
