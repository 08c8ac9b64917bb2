import { listIdentities, unlinkIdentity } from '#db/queries/identities.ts'
import { type EventClient, userEvent } from '#lib/audit/audit-event.ts'
import { composeMail, occasionOf } from '#lib/mail/queue-mail.ts'
import { Problem } from '#lib/problems.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import type { Principal } from '#lib/session/authenticate.ts'
import { providerName } from './provider-name.ts'

/**
 * Disconnects an identity from the account of the caller.
 *
 * @throws Problem `not_found` for one of nobody's or somebody else's, `last_sign_in_method`
 */
export async function unlinkFromAccount(
  runtime: Runtime,
  { user, session }: Principal,
  { id, client }: { id: string; client: EventClient },
): Promise<void> {
  const found = (await listIdentities(runtime.database, user.id)).find((one) => one.id === id)
  if (!found) throw new Problem('not_found', { because: 'no identity of the caller' })
  const event = userEvent('identity_unlinked', client, { sessionId: session.id })
  const props = { ...occasionOf(runtime, client), provider: providerName(runtime, found) }
  const mail = composeMail(runtime, { template: 'identity_unlinked', to: user.email, props })
  const isGone = await runtime.database.transaction((transaction) =>
    unlinkIdentity(transaction, { id, userId: user.id, event, mail }),
  )
  if (!isGone) throw new Problem('last_sign_in_method')
  const fields = { event: 'identity_unlinked', user_id: user.id, provider: found.provider }
  runtime.log.info(fields, 'identity unlinked')
}
