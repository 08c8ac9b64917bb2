import { readFileSync } from 'node:fs'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { documentFile } from '#lib/openapi/built-document.ts'
import { documentedHeaders } from '#lib/openapi/headers.ts'
import type { Response as DocumentedResponse, OpenApiDocument } from '#lib/openapi/openapi-document.ts'

export interface AnswerToCheck {
  status: number
  headers: Headers
  body: unknown
  text: string
}

/** Complaints about an answer, by a document alone; empty when it says all of what came. */
export type DocumentCheck = (method: string, path: string, answer: AnswerToCheck) => string[]

/**
 * Holds answers against an OpenAPI document, with a validator that knows nothing of our contracts.
 *
 * @param path  of the answer: as the document writes it, with `{id}`
 */
export function createDocumentCheck(document: OpenApiDocument): DocumentCheck {
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  addFormats.default(ajv)
  ajv.addSchema(document, 'document')
  const compiled = new Map<string, ValidateFunction>()

  function validatorOf(pointer: string): ValidateFunction {
    const known = compiled.get(pointer) ?? ajv.compile({ $ref: `document#${pointer}` })
    compiled.set(pointer, known)
    return known
  }

  return (method, path, answer) => {
    const operation = document.paths[path]?.[method.toLowerCase()]
    if (!operation) return ['this operation is not documented']
    const response = operation.responses[answer.status]
    if (!response) return [`the status ${answer.status} is not documented`]
    const pointer = `/paths/${escapePointer(path)}/${method.toLowerCase()}/responses/${answer.status}/content`
    return [
      ...headerComplaints(document, ajv, response, answer),
      ...bodyComplaints(response, answer, pointer, validatorOf),
    ]
  }
}

function headerComplaints(
  { components }: OpenApiDocument,
  ajv: Ajv2020,
  { headers = {} }: DocumentedResponse,
  answer: AnswerToCheck,
): string[] {
  const strangers = Object.keys(documentedHeaders)
    .filter((name) => answer.headers.has(name) && !(name in headers))
    .map((name) => `the header ${name} is not documented for ${answer.status}`)
  const listed = Object.entries(headers).flatMap(([name, header]) => {
    const described = '$ref' in header ? components.headers[header.$ref.replace(/.*\//, '')] : header
    const value = answer.headers.get(name)
    if (!described) return [`the header ${name} leads nowhere`]
    if (value === null) return described.required ? [`the header ${name} is missing`] : []
    const fits = ajv.validate(
      described.schema,
      described.schema['type'] === 'integer' ? Number(value) : value,
    )
    return fits ? [] : [`the header ${name} does not fit: ${value}`]
  })
  return [...strangers, ...listed]
}

function bodyComplaints(
  { content }: DocumentedResponse,
  answer: AnswerToCheck,
  pointer: string,
  validatorOf: (pointer: string) => ValidateFunction,
): string[] {
  const type = (answer.headers.get('content-type') ?? '').replace(/;.*/, '')
  if (!content) return answer.text === '' ? [] : ['there is a body']
  if (!content[type]) return [`the type ${type} is not documented`]
  const validate = validatorOf(`${pointer}/${escapePointer(type)}/schema`)
  if (validate(/json/.test(type) ? answer.body : answer.text)) return []
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)
}

const escapePointer = (segment: string) =>
  encodeURIComponent(segment.replaceAll('~', '~0').replaceAll('/', '~1'))

let built: DocumentCheck | null = null

/** The check by the document that was built last. */
export function builtDocumentCheck(): DocumentCheck {
  built ??= createDocumentCheck(JSON.parse(readFileSync(documentFile, 'utf8')))
  return built
}
