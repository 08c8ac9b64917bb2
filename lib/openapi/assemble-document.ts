import { createSwaggerSpec } from 'next-swagger-doc'
import type { Contract } from '#lib/http/contract.ts'
import { ProblemBody } from '#lib/http/contract.ts'
import type { RecordedExamples } from './examples.ts'
import { documentedHeaders } from './headers.ts'
import { type Header, type OpenApiDocument, operationsOf } from './openapi-document.ts'
import { operationOf, refusalsOf, type Writing } from './operations.ts'
import { schemaOf } from './schemas.ts'

export interface DocumentSources {
  contracts: readonly Contract[]
  /** Operations that the annotated files describe, up to their refusals. */
  describedInRoutes: readonly Contract[]
  examples: RecordedExamples
  /** Of the product. */
  version: string
  /** Globs of files whose JSDoc (`@openapi`) describes operations. */
  annotatedFiles: readonly string[]
}

/**
 * Writes the OpenAPI 3.1 document: our operations from their contracts; those of libraries, and those that browsers are
 * led through, from the JSDoc of the files that bind them, with the refusals of their contracts.
 *
 * @throws Error for JSDoc that is no valid YAML, or describes none of an operation
 */
export function assembleDocument({
  contracts,
  describedInRoutes,
  examples,
  version,
  annotatedFiles,
}: DocumentSources): OpenApiDocument {
  const writing: Writing = { schemas: {}, examples }
  schemaOf(ProblemBody, 'output', writing.schemas)
  const paths = pathsOf(contracts, writing)
  const definition = {
    openapi: '3.1.0',
    info: {
      title: 'Session Management',
      version,
      description,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'The server that this document comes from.' }],
    tags,
    paths,
    components: {
      schemas: sorted(writing.schemas),
      headers: headersIn(paths),
      ...(Object.keys(examples.problems).length > 0 && { examples: problemExamples(examples) }),
      securitySchemes,
    },
  }
  const document = createSwaggerSpec({
    definition,
    apis: [...annotatedFiles],
    failOnErrors: true,
  }) as unknown as OpenApiDocument
  for (const contract of describedInRoutes) addRefusals(document, contract, writing)
  return document
}

function addRefusals({ paths }: OpenApiDocument, contract: Contract, writing: Writing): void {
  const operation = paths[contract.path]?.[contract.method.toLowerCase()]
  if (!operation) throw new Error(`no route file describes ${contract.operationId}`)
  operation.responses = { ...operation.responses, ...refusalsOf(contract, writing) }
}

const description = `Accounts and sign-in sessions. Bodies are snake_case JSON, times are UTC with milliseconds and \`Z\`.

A refusal is \`application/problem+json\` (RFC 9457): show \`detail\` to the person, branch on \`code\`. A 401 means that no valid credential was presented or that a sign-in was refused, and nothing else.

A signed-in request carries an access token (\`Authorization: Bearer …\`) or the session cookie; if it has both, the cookie is ignored. HEAD goes wherever GET does; OPTIONS is 204 everywhere.`

const tags = [
  { name: 'auth', description: 'Accounts: registering, signing in and out, who am I, passwords.' },
  { name: 'sessions', description: 'The places where a user is signed in.' },
  {
    name: 'browser',
    description: 'What browsers are led through to sign in with others, and the actions of Auth.js.',
  },
  { name: 'keys', description: 'What other services verify access tokens with.' },
  { name: 'operations', description: 'For operators: health, metrics, set-up, this document.' },
]

const securitySchemes = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'The `access_token` of a sign-in.',
  },
  cookie: {
    type: 'apiKey',
    in: 'cookie',
    name: '__Host-session',
    description:
      'Set by a sign-in with `transport: "cookie"`. Over http on loopback its name is `session_<port>`.',
  },
  metricsToken: { type: 'http', scheme: 'bearer', description: 'The setting METRICS_TOKEN.' },
  inboxKey: {
    type: 'http',
    scheme: 'bearer',
    description: 'The key of the inbox, which a server that captures its mail prints when it starts.',
  },
}

function pathsOf(contracts: readonly Contract[], writing: Writing): OpenApiDocument['paths'] {
  const paths: OpenApiDocument['paths'] = {}
  for (const contract of contracts) {
    const { path, method } = contract
    paths[path] = { ...paths[path], [method.toLowerCase()]: operationOf(contract, writing) }
  }
  return paths
}

/** Those that some answer has: a header that nobody sends is not described. */
function headersIn(paths: OpenApiDocument['paths']): Record<string, Header> {
  const answers = operationsOf({ paths }).flatMap(({ operation }) => Object.values(operation.responses))
  const used = new Set(answers.flatMap(({ headers = {} }) => Object.keys(headers)))
  return Object.fromEntries(Object.entries(documentedHeaders).filter(([name]) => used.has(name)))
}

function problemExamples({ problems }: RecordedExamples): Record<string, { value: unknown }> {
  return Object.fromEntries(Object.entries(problems).map(([code, value]) => [code, { value }]))
}

function sorted<Value>(record: Record<string, Value>): Record<string, Value> {
  return Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
