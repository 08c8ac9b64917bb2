import { z } from 'zod'
import type { JsonSchema } from './openapi-document.ts'

/** Schemas with a name (`.meta({ id })`), as components of the document. */
export type NamedSchemas = Record<string, JsonSchema>

/**
 * Writes a zod schema as JSON Schema. What has a name becomes a component, and a reference to it where it stood.
 *
 * @param io     'input': what a client sends; 'output': what we answer
 * @param named  components found on the way are added
 */
export function schemaOf(schema: z.ZodType, io: 'input' | 'output', named: NamedSchemas): JsonSchema {
  const {
    $schema: _,
    $defs = {},
    ...root
  } = z.toJSONSchema(schema, { io, override: soften(io) }) as JsonSchema
  for (const [name, definition] of Object.entries($defs as Record<string, JsonSchema>)) {
    named[name] = withoutName(definition)
  }
  const name = root['id']
  if (typeof name !== 'string') return withComponentReferences(root)
  named[name] = withoutName(root)
  return { $ref: componentReference(name) }
}

export function componentReference(name: string): string {
  return `#/components/schemas/${name}`
}

function withoutName({ id: _, ...definition }: JsonSchema): JsonSchema {
  return withComponentReferences(definition)
}

function withComponentReferences(schema: JsonSchema): JsonSchema {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/'))
}

const formatsThatSayIt = new Set(['date-time', 'uuid'])

function soften(io: 'input' | 'output') {
  return ({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }) => {
    // Readers of an answer have to bear a field that a later version adds.
    if (io === 'output' && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties
    // Half a screen of pattern that says no more than the format.
    if (formatsThatSayIt.has(jsonSchema.format ?? '')) delete jsonSchema.pattern
  }
}
