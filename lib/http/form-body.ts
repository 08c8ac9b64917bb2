import { Problem } from '#lib/problems.ts'
import type { RequestHeaders } from './request.ts'

/** A form of one of our pages, as browsers without scripts send it. */
export interface SentForm {
  /** The page to come back to with a refusal. */
  page: string
  /** Where a success leads, still to be judged. */
  next: string
  /** Which of the forms of the page it is; empty where there is one. */
  form: string
  /** The fields of the operation. */
  fields: Record<string, string>
}

const formType = /^application\/x-www-form-urlencoded\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?$/i

export function isFormType(headers: RequestHeaders): boolean {
  return formType.test(headers.get('content-type') ?? '')
}

/**
 * Reads an urlencoded form. Names that begin with `_` steer it, the rest are fields.
 *
 * @throws Problem `invalid_request` for a field that occurs twice, NUL or a lone surrogate
 */
export function parseForm(text: string): SentForm {
  const fields: Record<string, string> = {}
  const steering: Record<string, string> = {}
  for (const [name, value] of new URLSearchParams(text)) {
    const target = name.startsWith('_') ? steering : fields
    if (Object.hasOwn(target, name) || value.includes('\0') || value.includes('\uFFFD')) {
      throw new Problem('invalid_request', { because: `the form field ${name}` })
    }
    target[name] = value
  }
  return {
    page: steering['_page'] ?? '/',
    next: steering['_next'] ?? '/',
    form: steering['_form'] ?? '',
    fields,
  }
}
