import {
  type DocumentedOperation,
  type OpenApiDocument,
  type Operation,
  operationsOf,
  type Parameter,
} from './openapi-document.ts'

/** What stands in place of the value of a field. */
export type Variables = Readonly<Record<string, string>>

/**
 * The body of the example of an operation, as indented JSON; null when it takes none.
 *
 * @param variables  by the name of the field
 */
export function requestExampleOf(
  { operationId, requestBody }: Operation,
  variables: Variables,
): string | null {
  const example = requestBody?.content['application/json']?.examples?.['request']
  if (!example || !('value' in example)) return null
  const filling = { ...variables, ...ownVariables[operationId] }
  const filled = Object.entries(Object(example.value)).map(([name, value]) => [name, filling[name] ?? value])
  return JSON.stringify(Object.fromEntries(filled), null, 2)
}

const setUp = 'setUpFirstAdministrator'

/** The administrator is somebody else than who registers. */
const ownVariables: Record<string, Variables> = {
  [setUp]: { token: '{{setup_key}}', email: '{{admin_email}}', username: '{{admin_username}}' },
}

/** The values of the variables that a reader brings. */
export const readersVariables: Variables = {
  server: 'http://localhost:8000',
  email: 'anna@example.com',
  username: 'anna',
  password: 'a slow green ferry',
  admin_email: 'admin@example.com',
  admin_username: 'admin',
  setup_key: 'the key that the server prints while nobody is an administrator',
}

export function needsBearer({ security }: Operation): boolean {
  return security.some((requirement) => 'bearer' in requirement)
}

/** What an operation also takes, besides its path and body, and works without. */
export function optionalParametersOf({ parameters = [] }: Operation, place: Parameter['in']): Parameter[] {
  return parameters.filter((parameter) => parameter.in === place && !parameter.required)
}

/** In this order each still works after the one before; the set-up is apart from the rest, and works once. */
const last = ['changePassword', 'endSession', 'logout', 'deleteMyAccount', setUp]

/** The operations in an order in which they can be sent one after the other. */
export function inOrderOfUse(document: OpenApiDocument): DocumentedOperation[] {
  const placeOf = ({ operation }: DocumentedOperation) => last.indexOf(operation.operationId)
  return operationsOf(document).toSorted((a, b) => placeOf(a) - placeOf(b))
}
