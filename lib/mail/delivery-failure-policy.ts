/** What an SMTP client says when a message did not go through. */
export interface SmtpFailure {
  /** Of the client: ECONNECTION, ETIMEDOUT, ETLS, EAUTH, EENVELOPE, EMESSAGE … */
  code: string
  /** Of the server (RFC 5321 section 4.2); null when it said nothing. */
  responseCode: number | null
  /** What it answered, such as `MAIL FROM` or `RCPT TO`; null when unknown. */
  command: string | null
}

/**
 * 'message': the server refused this one for now. 'server': no message goes through. 'setup': no message goes through
 * before an operator mends something. 'never': the server refused this one for good.
 */
export type FailureKind = 'message' | 'server' | 'setup' | 'never'

/** Refusals that are about us and not about the message: log in first, use TLS first (RFC 4954 section 6, RFC 3207). */
const setupCodes = new Set([454, 523, 530, 534, 535, 538])

export function judgeFailure({ code, responseCode, command }: SmtpFailure): FailureKind {
  if (code === 'EAUTH' || code === 'ENOAUTH' || code === 'ETLS') return 'setup'
  if (responseCode !== null && setupCodes.has(responseCode)) return 'setup'
  if (code !== 'EENVELOPE' && code !== 'EMESSAGE') return 'server'
  if (responseCode === 421) return 'server'
  if (responseCode === null || responseCode < 500) return 'message'
  // The sender is the same for every message: no fault of this one, and no message goes through until it is mended.
  return command === 'MAIL FROM' ? 'setup' : 'never'
}

const firstDelaySeconds = 15
/** A server that is away costs one connection; whoever waits for a link should not wait long after it is back. */
const delaySecondsMax: Record<Exclude<FailureKind, 'never'>, number> = {
  server: 300,
  setup: 300,
  message: 3600,
}

/**
 * Seconds until the next attempt: doubling from 15, to 5 minutes while no message goes through, to an hour for one that
 * is refused (RFC 5321 section 4.5.4.1 asks for at least 30 minutes between the later ones).
 *
 * @param attempts  so far, the failed one included
 * @param dice  0 to 1: a fifth more or less, so that what failed together does not come back together
 */
export function retryDelaySeconds(
  kind: Exclude<FailureKind, 'never'>,
  attempts: number,
  dice: number,
): number {
  const doubled = firstDelaySeconds * 2 ** Math.min(attempts - 1, 12)
  return Math.round(Math.min(doubled, delaySecondsMax[kind]) * (0.8 + 0.4 * dice))
}
