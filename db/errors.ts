import type { ConstraintName } from './constraints.ts'

const systemErrors = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EACCES',
])

/** pg reports these without a code. */
const clientMessages =
  /^(Connection terminated|timeout expired|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error|Cannot use a pool after calling end)/

/** SQLSTATEs after which the connection cannot be used again: class 08, and 57P01 to 57P05 (shutdown, crash). */
const lostStates = /^(08...|57P0.)$/

/**
 * Transient refusals of a server that may well answer the next try: insufficient resources (53), cancelled by
 * timeout (57014), lock not available (55P03), read only after a failover (25006), serialisation and deadlock
 * (40), system error (58).
 */
const transientStates = /^(53...|57014|55P03|25006|40...|58...)$/

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : ''
}

/** True when the connection that raised this error must not be used again. */
export function isConnectionLost(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = codeOf(error)
  // Read only: the other end is no longer the primary, so every statement on this connection would fail.
  return (
    systemErrors.has(code) || lostStates.test(code) || code === '25006' || clientMessages.test(error.message)
  )
}

/**
 * True when the server will answer no connection any more, or takes no more writes: it is shutting down, starting, or
 * no longer the primary. Class 57P and 25006; a connection that is closed for idling (57P05) says nothing of the others.
 */
export function isServerLeaving(error: unknown): boolean {
  return /^(25006|57P0[1-4])$/.test(codeOf(error))
}

/** True for a statement that the server accepted and never answered. */
export function isUnanswered(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('Query read timeout')
}

/** True when the database could not do its work now and the same request may succeed later (503, not 500). */
export function isDatabaseUnavailable(error: unknown): boolean {
  return isConnectionLost(error) || transientStates.test(codeOf(error))
}

/** The unique constraint that an insert or update ran into, or null for any other error. */
export function violatedConstraint(error: unknown): ConstraintName | null {
  if (codeOf(error) !== '23505') return null
  return (error as Error & { constraint: ConstraintName }).constraint
}
