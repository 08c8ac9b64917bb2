import type { z } from 'zod'
import { type FieldProblem, Problem } from '#lib/problems.ts'

/** More than any form has; further ones would only make the answer long. */
const fieldProblemsMax = 20

/**
 * Checks a body against its schema.
 *
 * @throws Problem `invalid_request` with one entry for each field, at most {@link fieldProblemsMax}
 */
export function requireShape<Schema extends z.ZodType>(
  schema: Schema,
  sent: unknown,
  isOptional: boolean,
): z.output<Schema> {
  return requireFit(schema, sent === undefined && isOptional ? {} : sent, 'the body does not fit')
}

/** Checks the query of an address in the same way. A name that comes twice fits no schema, nor does NUL in a text. */
export function requireQuery<Schema extends z.ZodType>(schema: Schema, url: string): z.output<Schema> {
  const { searchParams } = new URL(url)
  // As in a body: no text of PostgreSQL can hold it.
  if ([...searchParams.values()].some((value) => value.includes('\0')))
    throw new Problem('invalid_request', { because: 'NUL in the query' })
  const sent = Object.fromEntries(
    [...new Set(searchParams.keys())].map((name) => {
      const values = searchParams.getAll(name)
      return [name, values.length === 1 ? values[0] : values]
    }),
  )
  return requireFit(schema, sent, 'the query does not fit')
}

function requireFit<Schema extends z.ZodType>(
  schema: Schema,
  sent: unknown,
  because: string,
): z.output<Schema> {
  const parsed = schema.safeParse(sent, { reportInput: true })
  if (parsed.success) return parsed.data
  const errors = firstOfEachField(parsed.error.issues.flatMap(toFieldProblems))
  throw new Problem('invalid_request', { errors, detail: summarise(errors), because })
}

function toFieldProblems(issue: z.core.$ZodIssue): FieldProblem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((field) => ({
      field,
      code: 'unknown_field',
      detail: 'This field is not known here.',
    }))
  }
  return [{ field: issue.path.join('.'), code: codeOf(issue), detail: sentenceOf(issue) }]
}

function firstOfEachField(errors: readonly FieldProblem[]): FieldProblem[] {
  const byField = new Map<string, FieldProblem>()
  for (const error of errors) if (!byField.has(error.field)) byField.set(error.field, error)
  return [...byField.values()].slice(0, fieldProblemsMax)
}

function codeOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type' && issue.input === undefined) return 'required'
  return issue.code === 'custom' ? 'invalid_value' : issue.code
}

function sentenceOf(issue: z.core.$ZodIssue): string {
  const isMissing = issue.code === 'invalid_type' && issue.input === undefined
  if (issue.path.length === 0) return 'Send a JSON object.'
  return isMissing ? 'This field is required.' : issue.message
}

function summarise(errors: readonly FieldProblem[]): string {
  const [first] = errors
  if (errors.length > 1)
    return `${errors.length} fields need attention: ${errors.map(({ field }) => field).join(', ')}.`
  return first?.field
    ? `${first.field}: ${first.detail}`
    : (first?.detail ?? 'The request has fields that need attention.')
}
