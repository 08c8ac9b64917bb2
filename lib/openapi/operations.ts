import type { z } from 'zod'
import { type Contract, problemsOf } from '#lib/http/contract.ts'
import { requireSoundDeprecation } from '#lib/http/deprecation.ts'
import { type ProblemCode, problems } from '#lib/problems.ts'
import type { RecordedExamples } from './examples.ts'
import { headersOfProblem, headersOfSuccess } from './headers.ts'
import type { JsonSchema, MediaType, Operation, Parameter, Response } from './openapi-document.ts'
import { componentReference, type NamedSchemas, schemaOf } from './schemas.ts'

/** What writing an operation draws on, and adds to. */
export interface Writing {
  schemas: NamedSchemas
  examples: RecordedExamples
}

/** One operation of the document, from its contract and from answers that it has given. */
export function operationOf(contract: Contract, writing: Writing): Operation {
  if (contract.deprecated) requireSoundDeprecation(contract.deprecated)
  const parameters = parametersOf(contract, writing)
  return {
    operationId: contract.operationId,
    summary: contract.summary,
    description: contract.description,
    tags: [contract.tag],
    ...(contract.deprecated && { deprecated: true as const }),
    security: securityOf(contract),
    ...(parameters.length > 0 && { parameters }),
    ...(contract.body && { requestBody: requestBodyOf(contract, contract.body, writing) }),
    responses: { ...successesOf(contract, writing), ...refusalsOf(contract, writing) },
  }
}

function securityOf({ principal, takesCredentials = [] }: Contract): Record<string, string[]>[] {
  if (principal === 'session') return [{ bearer: [] }, { cookie: [] }]
  // An empty requirement says that it also goes without.
  return takesCredentials.length === 0 ? [] : [{}, ...takesCredentials.map((scheme) => ({ [scheme]: [] }))]
}

function parametersOf(contract: Contract, { schemas }: Writing): Parameter[] {
  const [, name] = /\{([a-z_]+)\}/.exec(contract.path) ?? []
  const parameters: Parameter[] = []
  if (name && contract.parameter) {
    const schema = schemaOf(contract.parameter, 'input', schemas)
    parameters.push({ name, in: 'path', required: true, ...described(schema) })
  }
  for (const [field, schema] of Object.entries(contract.query?.shape ?? {})) {
    const written = described(schemaOf(schema, 'input', schemas))
    parameters.push({ name: field, in: 'query', required: false, ...written })
  }
  if (contract.idempotencyKey) parameters.push(idempotencyKey)
  if (contract.audience === 'public') parameters.push(ifNoneMatch)
  return parameters
}

const idempotencyKey: Parameter = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description:
    'Makes the request safe to repeat: for 24 hours, the same request with the same key gets the first answer again, with `Idempotency-Replayed: true`. 16 to 128 visible ASCII characters, for example a UUID.',
  schema: { type: 'string', minLength: 16, maxLength: 128, pattern: '^[\\x21\\x23-\\x7e]+$' },
}

const ifNoneMatch: Parameter = {
  name: 'If-None-Match',
  in: 'header',
  required: false,
  description: 'The `ETag` of an earlier answer: the answer is 304 while nothing has changed.',
  schema: { type: 'string' },
}

/** Lifts the description of a schema to the parameter, where readers look for it. */
function described(schema: JsonSchema): { description?: string; schema: JsonSchema } {
  const { description, ...rest } = schema
  return typeof description === 'string' ? { description, schema: rest } : { schema }
}

function requestBodyOf(contract: Contract, body: z.ZodType, { schemas, examples }: Writing) {
  const sent = examples.operations[contract.operationId]?.request
  const media: MediaType = {
    schema: schemaOf(body, 'input', schemas),
    ...(sent !== undefined && { examples: { request: { value: sent } } }),
  }
  return { required: !contract.bodyOptional, content: { 'application/json': media } }
}

function successesOf(contract: Contract, { schemas, examples }: Writing): Record<string, Response> {
  const schema = contract.responses[200]
  if (!schema) return {}
  const media: MediaType = { schema: schemaOf(schema, 'output', schemas) }
  const given = Object.entries(examples.operations[contract.operationId]?.successes ?? {})
  if (given.length > 0) {
    media.examples = Object.fromEntries(given.map(([name, value]) => [name, { value }]))
  }
  const headers = headersOfSuccess(contract)
  const type = contract.mediaType?.replace(/;.*/, '') ?? 'application/json'
  const done: Response = { description: 'Done.', headers, content: { [type]: media } }
  if (contract.audience !== 'public') return { 200: done }
  return { 200: done, 304: { description: 'Unchanged since the answer with that `ETag`.', headers } }
}

/** The refusals of an operation, by status. */
export function refusalsOf(contract: Contract, writing: Writing): Record<string, Response> {
  const codes = problemsOf(contract)
  const statuses = [...new Set(codes.map((code) => problems[code].status))]
  return Object.fromEntries(
    statuses.map((status) => {
      const ofStatus = codes.filter((code) => problems[code].status === status)
      return [status, refusalOf(contract, status, ofStatus, writing)]
    }),
  )
}

function refusalOf(
  contract: Contract,
  status: number,
  codes: readonly ProblemCode[],
  { examples }: Writing,
): Response {
  const media: MediaType = {
    // Beside a reference, generators of clients and mocks pass over what narrows it.
    schema: {
      allOf: [
        { $ref: componentReference('Problem') },
        { type: 'object', properties: { status: { const: status }, code: { enum: codes } } },
      ],
    },
  }
  const given = codes.filter((code) => examples.problems[code])
  if (given.length > 0) {
    media.examples = Object.fromEntries(given.map((code) => [code, exampleOf(contract, code, examples)]))
  }
  return {
    description: codes.map((code) => `\`${code}\`: ${problems[code].title}.`).join(' '),
    headers: headersOfProblem(contract, status, codes),
    content: { 'application/problem+json': media },
  }
}

/** What this operation itself has answered where that differs from what every operation answers. */
function exampleOf({ operationId }: Contract, code: ProblemCode, examples: RecordedExamples) {
  const own = examples.operations[operationId]?.refusals?.[code]
  return own === undefined ? { $ref: `#/components/examples/${code}` } : { value: own }
}
