import type { Operation } from './openapi-document.ts'

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
