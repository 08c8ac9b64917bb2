import { type FormState, failure, type ProblemAnswer, toFormState } from './form-state.ts'

/** `url`: where the answer leads, if it names an address. */
export type FormOutcome = { kind: 'done'; url: string | null } | { kind: 'refused'; state: FormState }

export interface FormTarget {
  /** The endpoint's own path. */
  path: string
  method: 'POST' | 'PATCH' | 'DELETE'
}

/**
 * Sends a form as the API takes it. Fields whose name begins with `_` steer the form without scripts and stay here;
 * checkboxes are booleans.
 */
export async function sendForm(form: HTMLFormElement, target: FormTarget): Promise<FormOutcome> {
  const values = plainValues(form)
  if (!navigator.onLine) return refused('network', 'You appear to be offline. Nothing was sent.', values)
  const { path, method } = target
  try {
    const fields = bodyOf(form)
    const hasBody = method !== 'DELETE' || Object.keys(fields).length > 0
    const answer = await fetch(path, {
      method,
      headers: {
        accept: 'application/json',
        ...(hasBody && { 'content-type': 'application/json' }),
      },
      credentials: 'same-origin',
      ...(hasBody && { body: JSON.stringify(fields) }),
    })
    if (answer.ok) return { kind: 'done', url: await addressIn(answer) }
    const problem: ProblemAnswer = await answer.json().catch(() => ({}))
    const wait = answer.headers.get('retry-after')
    return { kind: 'refused', state: toFormState(problem, values, wait === null ? null : Number(wait)) }
  } catch {
    return refused('network', "We couldn't reach the server. Nothing was changed. Try again.", values)
  }
}

async function addressIn(answer: Response): Promise<string | null> {
  const body = await answer.json().catch(() => null)
  return typeof body?.url === 'string' ? body.url : null
}

function refused(code: string, detail: string, values: Record<string, string>): FormOutcome {
  return { kind: 'refused', state: failure(code, detail, values) }
}

function inputsOf(form: HTMLFormElement): HTMLInputElement[] {
  return [...form.elements].filter(
    (element): element is HTMLInputElement =>
      element instanceof HTMLInputElement && element.name !== '' && !element.name.startsWith('_'),
  )
}

function bodyOf(form: HTMLFormElement): Record<string, string | boolean> {
  return Object.fromEntries(
    inputsOf(form).map((input) => [input.name, input.type === 'checkbox' ? input.checked : input.value]),
  )
}

/** What may be shown again: never a password or a key. */
function plainValues(form: HTMLFormElement): Record<string, string> {
  const shown = inputsOf(form).filter(({ type }) => type === 'text' || type === 'email')
  return Object.fromEntries(shown.map(({ name, value }) => [name, value]))
}
