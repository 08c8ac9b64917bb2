import { publicUser } from '#lib/auth/public-user.ts'
import type { Principal } from '#lib/session/authenticate.ts'

/** A session in memory is the same object, with the same user, until anything about either of them changes. */
const written = new WeakMap<Principal['session'], string>()

/** {@link describeCaller} as JSON, which is written once for a session in memory. */
export function writeCaller(principal: Principal): string {
  const known = written.get(principal.session)
  if (known !== undefined) return known
  const text = JSON.stringify(describeCaller(principal))
  written.set(principal.session, text)
  return text
}

/** Who calls, and with which session. */
export function describeCaller({ user, session }: Principal) {
  return {
    ...publicUser(user),
    created_at: user.createdAt.toISOString(),
    session: {
      id: session.id,
      kind: session.kind,
      created_at: session.createdAt.toISOString(),
      expires_at: session.expiresAt.toISOString(),
      amr: session.amr,
    },
  }
}
