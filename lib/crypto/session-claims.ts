/** A session id as we write it: a UUID in lower case. */
export const sessionIdPattern = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'

const sessionId = new RegExp(`^${sessionIdPattern}$`)
const decimal = /^[1-9]\d{0,15}$/

/** True for a `sid` that a session can have. Anything else would be an error in the query that looks for it. */
export function isSessionId(claim: unknown): claim is string {
  return typeof claim === 'string' && sessionId.test(claim)
}

/** True for a `sub` that is a user id in its one spelling: decimal, below 2^53. */
export function isSubject(claim: unknown): claim is string {
  return typeof claim === 'string' && decimal.test(claim) && Number.isSafeInteger(Number(claim))
}
