import {
  type DocumentedOperation,
  type OpenApiDocument,
  type Operation,
  operationsOf,
} from './openapi-document.ts'

/**
 * The body of the example of an operation, as indented JSON; null when it takes none.
 *
 * @param variables  by the name of the field: what stands in place of its value
 */
export function requestExampleOf(
  { requestBody }: Operation,
  variables: Readonly<Record<string, string>>,
): string | null {
  const example = requestBody?.content['application/json']?.examples?.['request']
  if (!example || !('value' in example)) return null
  const filled = Object.entries(Object(example.value)).map(([name, value]) => [
    name,
    variables[name] ?? value,
  ])
  return JSON.stringify(Object.fromEntries(filled), null, 2)
}

export function needsBearer({ security }: Operation): boolean {
  return security.some((requirement) => 'bearer' in requirement)
}

/** After these the others would need another sign-in. */
const last = ['changePassword', 'logout', 'deleteMyAccount']

/** The operations in an order in which they can be sent one after the other. */
export function inOrderOfUse(document: OpenApiDocument): DocumentedOperation[] {
  const placeOf = ({ operation }: DocumentedOperation) => last.indexOf(operation.operationId)
  return operationsOf(document).toSorted((a, b) => placeOf(a) - placeOf(b))
}
