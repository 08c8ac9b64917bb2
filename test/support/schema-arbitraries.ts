import fc from 'fast-check'
import type { JsonSchema, OpenApiDocument } from '#lib/openapi/openapi-document.ts'

/** Strings that have made trouble somewhere: for parsers, for databases, for whoever compares. */
const nastyStrings = [
  '',
  ' ',
  '\u0000',
  '\ud800',
  '\u202e',
  'ﬀ',
  '💥'.repeat(20),
  "' OR 1=1 --",
  '../../etc/passwd',
  '{{7*7}}',
  '<script>alert(1)</script>',
  '__proto__',
  'constructor',
  '%00',
  'a'.repeat(1025),
  'é'.repeat(600),
  '1e400',
  'null',
]

const anyText = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: 'grapheme', maxLength: 40 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 2, arbitrary: fc.constantFrom(...nastyStrings) },
)

/**
 * Values that fit a schema of a document, as far as schemas go.
 *
 * @param known  values that mean something to the server (addresses, passwords, tokens), by the name of their field
 */
export function valuesOf(
  document: OpenApiDocument,
  schema: JsonSchema,
  known: (field: string) => fc.Arbitrary<unknown> | null,
  field = '',
): fc.Arbitrary<unknown> {
  const inner = (of: JsonSchema, name = field) => valuesOf(document, of, known, name)
  if (typeof schema['$ref'] === 'string') return inner(resolve(document, schema['$ref']))
  if ('const' in schema) return fc.constant(schema['const'])
  if (Array.isArray(schema['enum'])) return fc.constantFrom(...schema['enum'])
  if (Array.isArray(schema['anyOf'])) return fc.oneof(...schema['anyOf'].map((one: JsonSchema) => inner(one)))
  const meaningful = known(field)
  const fitting = byType(schema, inner)
  return meaningful
    ? fc.oneof({ weight: 2, arbitrary: meaningful }, { weight: 1, arbitrary: fitting })
    : fitting
}

function byType(
  schema: JsonSchema,
  inner: (of: JsonSchema, name?: string) => fc.Arbitrary<unknown>,
): fc.Arbitrary<unknown> {
  switch (schema['type']) {
    case 'string':
      return textOf(schema)
    case 'integer':
    case 'number':
      return fc.integer({ min: Number(schema['minimum'] ?? -1000), max: Number(schema['maximum'] ?? 1000) })
    case 'boolean':
      return fc.boolean()
    case 'array':
      return fc.array(inner((schema['items'] ?? {}) as JsonSchema), { maxLength: 3 })
    case 'object':
      return objectOf(schema, inner)
    default:
      return fc.jsonValue()
  }
}

function textOf({ format, minLength = 0, maxLength }: JsonSchema): fc.Arbitrary<string> {
  if (format === 'uuid') return fc.uuid()
  if (format === 'email') return fc.oneof(fc.emailAddress(), anyText)
  return anyText.filter(
    (text) => text.length >= Number(minLength) && text.length <= Number(maxLength ?? Number.MAX_SAFE_INTEGER),
  )
}

function objectOf(
  schema: JsonSchema,
  inner: (of: JsonSchema, name?: string) => fc.Arbitrary<unknown>,
): fc.Arbitrary<unknown> {
  const properties = Object.entries((schema['properties'] ?? {}) as Record<string, JsonSchema>)
  const required = (schema['required'] ?? []) as string[]
  return fc.record(Object.fromEntries(properties.map(([name, of]) => [name, inner(of, name)])), {
    requiredKeys: required,
  })
}

function resolve(document: OpenApiDocument, reference: string): JsonSchema {
  const found = document.components.schemas[reference.replace('#/components/schemas/', '')]
  if (!found) throw new Error(`the document has no ${reference}`)
  return found
}

/** The same with something wrong: a field less, one more, one of another type, or nothing of it. */
export function spoiled(values: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.oneof(
    fc
      .tuple(values, fc.nat(), fc.jsonValue())
      .map(([value, pick, other]) => replaceField(value, pick, other)),
    fc
      .tuple(values, fc.string(), fc.jsonValue())
      .map(([value, name, more]) => ({ ...Object(value), [name]: more })),
    fc.tuple(values, fc.nat()).map(([value, pick]) => withoutField(value, pick)),
    fc.jsonValue({ maxDepth: 12 }),
  )
}

function replaceField(value: unknown, pick: number, other: unknown): unknown {
  const names = Object.keys(Object(value))
  const name = names[pick % Math.max(names.length, 1)]
  return name === undefined ? other : { ...Object(value), [name]: other }
}

function withoutField(value: unknown, pick: number): unknown {
  const entries = Object.entries(Object(value))
  return Object.fromEntries(entries.filter((_, index) => index !== pick % Math.max(entries.length, 1)))
}
