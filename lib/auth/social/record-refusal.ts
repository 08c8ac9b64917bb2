import { insertAuditEvent } from '#db/queries/audit-events.ts'
import { type EventClient, userEvent } from '#lib/audit/audit-event.ts'
import type { Problem } from '#lib/problems.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'

/**
 * Writes down that a sign-in with a provider was refused, and why.
 *
 * @param userId  who connects a provider or confirms who they are; nobody else is known before they are signed in
 */
export async function recordRefusal(
  runtime: Runtime,
  { provider, client, userId = null }: { provider: string; client: EventClient; userId?: number | null },
  { code, options }: Problem,
): Promise<void> {
  const details = { provider, code }
  await insertAuditEvent(runtime.database, userEvent('social_sign_in_refused', client, { userId, details }))
  runtime.metrics.count('auth_login', code)
  const fields = { event: 'social_sign_in_refused', provider, code, because: options.because }
  runtime.log.info({ ...fields, request_id: client.requestId }, 'sign-in with a provider refused')
}
