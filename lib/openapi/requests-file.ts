import type { DocumentedOperation, OpenApiDocument, Operation } from './openapi-document.ts'
import {
  inOrderOfUse,
  needsBearer,
  optionalParametersOf,
  readersVariables,
  requestExampleOf,
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
### Made from the OpenAPI document (npm run examples). They can be sent from the top to the end; before a second
### time, set another email and username. The last one needs the key from the terminal.
${values.join('')}`
  return [head, ...inOrderOfUse(document).map(requestOf)].join('\n')
}

function requestOf({ path, method, operation }: DocumentedOperation): string {
  const example = requestExampleOf(operation, variables)
  const address = path.replace(/\{([a-z_]+)\}/, (_, name: string) => parameters[name] ?? `{{${name}}}`)
  return [
    `### ${operation.summary}`,
    ...furtherParameters(operation),
    `# @name ${operation.operationId}`,
    `${method} {{server}}${address}`,
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
