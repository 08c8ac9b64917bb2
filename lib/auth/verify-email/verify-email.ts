import type { Connection } from '#db/connection.ts'
import { verifyEmailAddress } from '#db/queries/address-changes.ts'
import { completeRegistration } from '#db/queries/registrations.ts'
import { type EventClient, userEvent } from '#lib/audit/audit-event.ts'
import type { PresentedProof } from '#lib/auth/link-proof.contract.ts'
import { requireLinkProof, spendLink } from '#lib/auth/link-proof.ts'
import { takenProblem } from '#lib/auth/taken.ts'
import type { LinkRow } from '#lib/links/links.ts'
import { queueMail } from '#lib/mail/queue-mail.ts'
import { Problem } from '#lib/problems.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'

interface Verified {
  userId: number
  username: string
  isNew: boolean
  /** False: nobody may sign in to it, so nobody is welcome. */
  isActive: boolean
}

/**
 * Proves an address: of an account, which keeps its password and its sessions, or of a registration, which becomes an
 * account.
 *
 * @throws Problem `link_invalid`, `link_expired`, `link_used`, `rate_limited`; `email_taken` or `username_taken` when
 *         somebody else was first
 */
export async function verifyEmail(
  runtime: Runtime,
  proof: PresentedProof,
  client: EventClient & { block: string },
): Promise<void> {
  const looked = await requireLinkProof(runtime, 'verify_email', proof, client.block)
  const verified = await inOneTransaction(runtime, looked, client)
  runtime.sessionCheck.forget({ kind: 'user', userId: verified.userId })
  if (verified.isNew) runtime.metrics.count('auth_register', 'created')
  runtime.log.info({ event: 'email_verified', user_id: verified.userId }, 'address proven')
}

async function inOneTransaction(runtime: Runtime, looked: LinkRow, client: EventClient): Promise<Verified> {
  try {
    return await runtime.database.transaction(async (transaction) => {
      const link = await spendLink(transaction, looked)
      const verified = await applyProof(runtime, transaction, link, client)
      if (!verified) throw new Problem('link_invalid', { because: 'of an account or address that is gone' })
      const { userId, username, isActive } = verified
      const message = { template: 'welcome', to: link.email, props: { username } } as const
      if (isActive) await queueMail(runtime, transaction, { userId }, message)
      return verified
    })
  } catch (error) {
    throw takenProblem(error) ?? error
  }
}

async function applyProof(
  { config }: Runtime,
  transaction: Connection,
  { userId, pendingRegistrationId, email }: LinkRow,
  client: EventClient,
): Promise<Verified | null> {
  if (pendingRegistrationId !== null) {
    const event = userEvent('account_registered', client)
    const account = { id: pendingRegistrationId, roles: [config.defaultRole], event }
    const user = await completeRegistration(transaction, account)
    return user && { userId: user.id, username: user.username, isNew: true, isActive: true }
  }
  if (userId === null) return null
  const event = userEvent('email_verified', client)
  const verified = await verifyEmailAddress(transaction, { userId, email, event })
  return verified && { userId, ...verified, isNew: false }
}
