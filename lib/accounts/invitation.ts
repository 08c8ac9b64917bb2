import { insertAuditEventAbout } from '#db/queries/audit-events.ts'
import { operatorEvent } from '#lib/audit/audit-event.ts'
import { isMailAddress, normaliseMailAddress } from '#lib/auth/identifiers.ts'
import { equalInConstantTime } from '#lib/crypto/digest.ts'
import { macOf, type RootKey, type RootKeys } from '#lib/crypto/root-keys.ts'
import { Problem } from '#lib/problems.ts'
import { toEpochSeconds } from '#lib/runtime/clock.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'

const lifetimeSeconds = 7 * 86_400
const shape = /^(\d{10,12})\.([A-Za-z0-9_-]{43})$/

export interface Invitation {
  email: string
  /** The page that it opens. */
  url: string
  expiresAt: Date
}

/**
 * Invites one address to register. Nothing is stored: the invitation names the address, which can be registered once.
 *
 * @throws Problem `invalid_request` for what is no address
 */
export async function invite(runtime: Runtime, email: string): Promise<Invitation> {
  if (!isMailAddress(email))
    throw new Problem('invalid_request', { detail: `"${email}" is not a mail address.` })
  const address = normaliseMailAddress(email)
  const expiresAt = new Date((toEpochSeconds(runtime.clock.now()) + lifetimeSeconds) * 1000)
  const invitation = spell(runtime.roots.current, address, toEpochSeconds(expiresAt))
  await insertAuditEventAbout(runtime.database, { email: address, event: operatorEvent('invitation_made') })
  const query = new URLSearchParams({ invitation, email: address })
  return { email: address, url: `${runtime.config.pagesUrl}/register?${query}`, expiresAt }
}

/** True for an invitation that was made for this address, in any letter case, less than seven days ago. */
export function isInvited(
  roots: RootKeys,
  { email, invitation, now }: { email: string; invitation: string | undefined; now: Date },
): boolean {
  const [, expiresAt] = shape.exec(invitation ?? '') ?? []
  if (expiresAt === undefined || Number(expiresAt) <= toEpochSeconds(now)) return false
  return roots.all.some((root) =>
    equalInConstantTime(spell(root, email, Number(expiresAt)), invitation ?? ''),
  )
}

function spell(root: RootKey, email: string, expiresAtSeconds: number): string {
  const mac = macOf(root.keyFor('invitation'), `${expiresAtSeconds}|${email.toLowerCase()}`)
  return `${expiresAtSeconds}.${mac}`
}
