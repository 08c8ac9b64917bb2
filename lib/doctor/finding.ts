/** What one check of the doctor found. */
export interface Finding {
  check: string
  /** 'skipped': it could not be looked at, because something that it needs has failed. */
  state: 'ok' | 'warning' | 'failed' | 'skipped'
  /** A sentence for the operator, never with a secret. */
  detail: string
  /** What to do, where something is to be done. */
  fix?: string
}

export const ok = (check: string, detail: string): Finding => ({ check, state: 'ok', detail })
export const warning = (check: string, detail: string, fix: string): Finding => ({
  check,
  state: 'warning',
  detail,
  fix,
})
export const failed = (check: string, detail: string, fix: string): Finding => ({
  check,
  state: 'failed',
  detail,
  fix,
})
export const skipped = (check: string, detail: string): Finding => ({ check, state: 'skipped', detail })

/** The message of an error, for a finding. Those of pg and of sockets hold no secret. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  // Node joins the errors of several addresses and gives the whole no message.
  const [first] = error instanceof AggregateError ? error.errors : []
  const cause = first instanceof Error ? first : error.cause instanceof Error ? error.cause : error
  return (cause.message || error.message || error.name).replace(/[.\s]+$/, '')
}
