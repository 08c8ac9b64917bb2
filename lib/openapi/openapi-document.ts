/** A JSON Schema (draft 2020-12), as OpenAPI 3.1 embeds it. */
export type JsonSchema = Readonly<Record<string, unknown>>

export interface Reference {
  $ref: string
}

export interface Example {
  summary?: string
  value: unknown
}

export interface MediaType {
  schema: JsonSchema
  examples?: Record<string, Example | Reference>
}

export interface Header {
  description: string
  /** On every answer that lists it. */
  required?: true
  schema: JsonSchema
}

export interface Response {
  description: string
  headers?: Record<string, Header | Reference>
  content?: Record<string, MediaType>
}

export interface Parameter {
  name: string
  in: 'path' | 'query' | 'header'
  required: boolean
  description?: string
  schema: JsonSchema
}

export interface Operation {
  operationId: string
  summary: string
  description: string
  tags: string[]
  deprecated?: true
  security: Record<string, string[]>[]
  parameters?: Parameter[]
  requestBody?: { required: boolean; content: Record<string, MediaType> }
  responses: Record<string, Response>
}

/** The part of an OpenAPI 3.1 document that ours uses (https://spec.openapis.org/oas/v3.1.1). */
export interface OpenApiDocument {
  openapi: string
  info: {
    title: string
    version: string
    description: string
    license: { name: string; identifier: string }
  }
  servers: { url: string; description: string }[]
  tags: { name: string; description: string }[]
  paths: Record<string, Partial<Record<string, Operation>>>
  components: {
    schemas: Record<string, JsonSchema>
    headers: Record<string, Header>
    examples?: Record<string, Example>
    securitySchemes: Record<string, Readonly<Record<string, string>>>
  }
}

/** Every operation of a document with its method in upper case, in the order of the document. */
export function operationsOf({ paths }: Pick<OpenApiDocument, 'paths'>): DocumentedOperation[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, operation]) =>
      operation ? [{ path, method: method.toUpperCase(), operation }] : [],
    ),
  )
}

export interface DocumentedOperation {
  path: string
  method: string
  operation: Operation
}
