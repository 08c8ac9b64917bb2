import { findFirstAuditEvent } from '#db/queries/audit-events.ts'
import { findLink } from '#db/queries/one-time-links.ts'
import { findPendingRegistration } from '#db/queries/registrations.ts'
import { findUser } from '#db/queries/users.ts'
import { readLinkToken } from '#lib/crypto/link-token.ts'
import { peekLink } from '#lib/links/links.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'

/** What the page of a link shows before anything is used: whose account it is, and when and from where it was made. */
export type LinkedRegistration =
  | {
      kind: 'open'
      email: string
      username: string
      createdAt: Date
      /** Null when nobody knows. */
      address: string | null
      /** True for one that is removed if this was not its owner. */
      isUnproven: boolean
    }
  | { kind: 'done'; email: string }
  | { kind: 'link_invalid' | 'link_expired' }

/** Looks at the link of a verification; spends nothing. */
export async function describeRegistration(runtime: Runtime, token: string): Promise<LinkedRegistration> {
  const { database } = runtime
  const use = await peekLink(runtime, database, { purpose: 'verify_email', token })
  if (use.kind === 'link_used') return describeUsed(runtime, token)
  if (use.kind !== 'ok') return { kind: use.kind }
  const { userId, pendingRegistrationId, email } = use.link
  if (pendingRegistrationId !== null) {
    const pending = await findPendingRegistration(database, pendingRegistrationId)
    if (!pending) return { kind: 'link_invalid' }
    const { username, createdAt, clientAddress } = pending
    return { kind: 'open', email, username, createdAt, address: clientAddress, isUnproven: true }
  }
  const user = userId === null ? null : await findUser(database, userId)
  if (!user || user.email.toLowerCase() !== email.toLowerCase()) return { kind: 'link_invalid' }
  const made = await findFirstAuditEvent(database, { userId: user.id, name: 'account_registered' })
  const { username, createdAt } = user
  const isUnproven = user.emailVerifiedAt === null
  return { kind: 'open', email, username, createdAt, address: made?.clientAddress ?? null, isUnproven }
}

/** A link that was used is no error while what it was for holds. */
async function describeUsed(runtime: Runtime, token: string): Promise<LinkedRegistration> {
  const id = readLinkToken(runtime.roots, 'verify_email', token)
  const row = id === null ? null : await findLink(runtime.database, { id, purpose: 'verify_email' })
  const user = row?.userId ? await findUser(runtime.database, row.userId) : null
  const holds = user?.emailVerifiedAt && user.email.toLowerCase() === row?.email.toLowerCase()
  return holds ? { kind: 'done', email: user.email } : { kind: 'link_invalid' }
}
