import { verifyEmailAddress } from '#db/queries/address-changes.ts'
import { findOwnerOfIdentity, linkIdentity } from '#db/queries/identities.ts'
import type { UserRow } from '#db/queries/users.ts'
import { type EventClient, userEvent } from '#lib/audit/audit-event.ts'
import { composeMail, occasionOf } from '#lib/mail/queue-mail.ts'
import { Problem } from '#lib/problems.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import { overtaken } from '#lib/session/overtaken.ts'
import type { ProvenIdentity } from './proven-identity.ts'
import { providerName } from './provider-name.ts'
import { newIdentity } from './sign-in-with-identity.ts'

/**
 * Connects an identity to the account of somebody who is signed in. Their address counts as proven when the provider
 * has verified the same one.
 *
 * @throws Problem `identity_taken`, or `session_ended` when everything of the account was ended meanwhile
 */
export async function linkToAccount(
  runtime: Runtime,
  { user, sessionId, client }: { user: UserRow; sessionId: string; client: EventClient },
  identity: ProvenIdentity,
): Promise<void> {
  const { provider } = identity
  const event = userEvent('identity_linked', client, { sessionId, details: { provider } })
  const props = { ...occasionOf(runtime, client), provider: providerName(runtime, identity) }
  const mail = composeMail(runtime, { template: 'identity_linked', to: user.email, props })
  const to = { userId: user.id, verifiedEpoch: user.sessionEpoch, event, mail }
  const added = newIdentity(runtime, identity, identity.email)
  // One transaction, one time: what was connected before the address was proven does not outlive a new password.
  const isLinked = await runtime.database.transaction(async (transaction) => {
    const isNew = await linkIdentity(transaction, added, to)
    if (isNew && provesAddress(user, identity)) {
      await verifyEmailAddress(transaction, {
        userId: user.id,
        email: user.email,
        event: userEvent('email_verified', client),
      })
    }
    return isNew
  })
  if (!isLinked) {
    const owner = await findOwnerOfIdentity(runtime.database, identity)
    if (!owner) throw await overtaken(runtime, sessionId)
    if (owner.id !== user.id) throw new Problem('identity_taken', { because: `user ${owner.id} has it` })
    return
  }
  if (provesAddress(user, identity)) runtime.sessionCheck.forget({ kind: 'user', userId: user.id })
  runtime.log.info({ event: 'identity_linked', user_id: user.id, provider }, 'identity linked')
}

function provesAddress(user: UserRow, { email, isEmailVerified }: ProvenIdentity): boolean {
  const isSame = email !== null && email.toLowerCase() === user.email.toLowerCase()
  return isSame && isEmailVerified && !user.emailVerifiedAt
}
