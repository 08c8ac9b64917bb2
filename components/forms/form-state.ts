/** What a form shows after a refusal: the sentence, the sentence of each field, and what was typed that is no secret. */
export interface FormState {
  code: string
  detail: string
  errors: Record<string, string>
  values: Record<string, string>
  retryAfterSeconds: number | null
  endedReason: string | null
  requestId: string | null
}

/** The body of a refusal (problem+json), as far as a form reads it. */
export interface ProblemAnswer {
  code?: string
  detail?: string
  ended_reason?: string
  request_id?: string
  errors?: { field: string; detail: string }[]
}

export function toFormState(
  problem: ProblemAnswer,
  values: Record<string, string>,
  retryAfterSeconds: number | null,
): FormState {
  return {
    code: problem.code ?? 'server_error',
    detail: problem.detail ?? 'Something went wrong on our side. Try again.',
    errors: Object.fromEntries((problem.errors ?? []).map(({ field, detail }) => [field, detail])),
    values,
    retryAfterSeconds,
    endedReason: problem.ended_reason ?? null,
    requestId: problem.request_id ?? null,
  }
}

export function failure(code: string, detail: string, values: Record<string, string>): FormState {
  return toFormState({ code, detail }, values, null)
}
