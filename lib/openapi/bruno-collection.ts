import type { DocumentedOperation, OpenApiDocument, Operation } from './openapi-document.ts'
import {
  inOrderOfUse,
  needsBearer,
  optionalParametersOf,
  pathVariables,
  queryExamples,
  readersVariables,
  requestExampleOf,
} from './request-example.ts'

const variables: Record<string, string> = {
  email: '{{email}}',
  username: '{{username}}',
  password: '{{password}}',
  current_password: '{{password}}',
  refresh_token: '{{refresh_token}}',
}

/** What is kept of an answer for later requests, by operation. */
const keeps: Record<string, readonly string[]> = {
  login: ['access_token', 'refresh_token'],
  refresh: ['access_token', 'refresh_token'],
  listSessions: ['sessions[0].id'],
}

/** What an optional parameter is filled with, for who switches it on. */
const fillings: Record<string, string> = { limit: '20', 'Idempotency-Key': '{{$guid}}' }

/** A Bruno collection (docs/bruno/): the text of each file by its path. A folder for each tag. */
export function brunoCollection(document: OpenApiDocument): Record<string, string> {
  const { title: name } = document.info
  const files: Record<string, string> = {
    'bruno.json': `${JSON.stringify({ version: '1', name, type: 'collection' }, null, 2)}\n`,
    'environments/local.bru': block(
      'vars',
      Object.entries(readersVariables).map(([variable, value]) => `${variable}: ${value}`),
    ),
  }
  for (const [index, one] of inOrderOfUse(document).entries()) {
    const { tags, operationId } = one.operation
    files[`${tags[0]}/${operationId}.bru`] = requestOf(one, index + 1)
  }
  return files
}

function requestOf({ path, method, operation }: DocumentedOperation, sequence: number): string {
  const example = requestExampleOf(operation, variables)
  const isSignedIn = needsBearer(operation)
  const address = path.replace(/\{([a-z_]+)\}/, ':$1')
  const [, parameter] = /\{([a-z_]+)\}/.exec(path) ?? []
  return [
    block('meta', [`name: ${operation.summary}`, 'type: http', `seq: ${sequence}`]),
    block(method.toLowerCase(), [
      `url: {{server}}${address}`,
      `body: ${example === null ? 'none' : 'json'}`,
      `auth: ${isSignedIn ? 'bearer' : 'none'}`,
    ]),
    ...(parameter
      ? [
          block('params:path', [
            `${parameter}: ${pathVariables[operation.operationId] ?? `{{${parameter}}}`}`,
          ]),
        ]
      : []),
    ...parametersBlock('params:query', operation, 'query'),
    ...parametersBlock('headers', operation, 'header'),
    ...(isSignedIn ? [block('auth:bearer', ['token: {{access_token}}'])] : []),
    ...(example === null ? [] : [block('body:json', example.split('\n'))]),
    ...keepingBlock(operation.operationId),
    block('docs', operation.description.split('\n')),
  ].join('\n')
}

/** Bruno shows these with a box to tick, which is empty for what is not needed. */
function parametersBlock(heading: string, operation: Operation, place: 'query' | 'header'): string[] {
  const needed = queryExamples[operation.operationId] ?? {}
  const lines = optionalParametersOf(operation, place).map(({ name }) =>
    needed[name] ? `${name}: ${needed[name]}` : `~${name}: ${fillings[name] ?? ''}`.trimEnd(),
  )
  return lines.length === 0 ? [] : [block(heading, lines)]
}

function keepingBlock(operationId: string): string[] {
  const lines = (keeps[operationId] ?? []).map(
    (name) => `  bru.setVar('${name.replace(/.*\./, '')}', res.body.${name})`,
  )
  return lines.length === 0
    ? []
    : [block('script:post-response', ['if (res.status === 200) {', ...lines, '}'])]
}

function block(name: string, lines: readonly string[]): string {
  return `${name} {\n${lines.map((line) => `  ${line}`).join('\n')}\n}\n`
}
