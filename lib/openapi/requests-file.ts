import type { DocumentedOperation, OpenApiDocument, Operation } from './openapi-document.ts'
import {
  inOrderOfUse,
  needsBearer,
  optionalParametersOf,
  pathVariables,
  queryExamples,
  readersVariables,
  requestExampleOf,
  standsApart,
} from './request-example.ts'

/** What stands for a value that the reader, or an earlier answer, brings. */
const variables: Record<string, string> = {
  email: '{{email}}',
  username: '{{username}}',
  password: '{{password}}',
  current_password: '{{password}}',
  refresh_token: '{{login.response.body.refresh_token}}',
}

const parameters: Record<string, string> = { id: '{{listSessions.response.body.sessions[0].id}}' }

/** Every operation as a request, for the extension "REST Client" of VS Code (docs/requests.http). */
export function requestsFile(document: OpenApiDocument): string {
  const values = Object.entries(readersVariables).map(([name, value]) => `@${name} = ${value}\n`)
  const head = `### Every operation, for the extension "REST Client" of VS Code. Start the server first: npm run headless
### Made from the OpenAPI document (npm run examples). They can be sent from the top to the line that says
### otherwise; before a second time, set another email and username.
${values.join('')}`
  const operations = inOrderOfUse(document)
  const inOneGo = operations.filter(({ operation }) => !standsApart(operation))
  return [
    head,
    ...inOneGo.map(requestOf),
    whatIsApart,
    ...operations.slice(inOneGo.length).map(requestOf),
  ].join('\n')
}

const whatIsApart = `### Each of these needs something of its own: the link of a message (npm start shows messages at /dev/mail), a key
### that the server prints, or another sign-in.
`

function requestOf({ path, method, operation }: DocumentedOperation): string {
  const example = requestExampleOf(operation, variables)
  const address = path.replace(
    /\{([a-z_]+)\}/,
    (_, name: string) => pathVariables[operation.operationId] ?? parameters[name] ?? `{{${name}}}`,
  )
  const query = Object.entries(queryExamples[operation.operationId] ?? {}).map((pair) => pair.join('='))
  return [
    `### ${operation.summary}`,
    ...furtherParameters(operation),
    `# @name ${operation.operationId}`,
    `${method} {{server}}${[address, query.join('&')].filter(Boolean).join('?')}`,
    ...(needsBearer(operation) ? ['Authorization: Bearer {{login.response.body.access_token}}'] : []),
    ...(example === null ? [] : ['Content-Type: application/json', '', example]),
    '',
  ].join('\n')
}

const kinds = { query: 'in the query', header: 'as a header' } as const

/** As comments: each makes another request of it. */
function furtherParameters(operation: Operation): string[] {
  return (['query', 'header'] as const).flatMap((place) =>
    optionalParametersOf(operation, place).map(
      ({ name, description }) => `# ${kinds[place]}, if wanted: ${name}. ${description ?? ''}`,
    ),
  )
}
