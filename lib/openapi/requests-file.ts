import type { DocumentedOperation, OpenApiDocument } from './openapi-document.ts'
import { inOrderOfUse, needsBearer, requestExampleOf } from './request-example.ts'

/** What stands for a value that the reader, or an earlier answer, brings. */
const variables: Record<string, string> = {
  email: '{{email}}',
  username: '{{username}}',
  password: '{{password}}',
  current_password: '{{password}}',
  refresh_token: '{{login.response.body.refresh_token}}',
}

const parameters: Record<string, string> = { id: '{{listSessions.response.body.sessions[0].id}}' }

/** Every operation as a request, for the REST client of VS Code or JetBrains (docs/requests.http). */
export function requestsFile(document: OpenApiDocument): string {
  const head = `### Every operation, for the REST client of VS Code or JetBrains. Start the server first: npm run headless
### Made from the OpenAPI document (npm run examples). Send "login" before what needs a token.
@server = http://localhost:8000
@email = anna@example.com
@username = anna
@password = a slow green ferry
`
  return [head, ...inOrderOfUse(document).map(requestOf)].join('\n')
}

function requestOf({ path, method, operation }: DocumentedOperation): string {
  const example = requestExampleOf(operation, variables)
  const address = path.replace(/\{([a-z_]+)\}/, (_, name: string) => parameters[name] ?? `{{${name}}}`)
  return [
    `### ${operation.summary}`,
    `# @name ${operation.operationId}`,
    `${method} {{server}}${address}`,
    ...(needsBearer(operation) ? ['Authorization: Bearer {{login.response.body.access_token}}'] : []),
    ...(example === null ? [] : ['Content-Type: application/json', '', example]),
    '',
  ].join('\n')
}
