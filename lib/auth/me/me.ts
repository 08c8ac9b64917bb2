import { publicUser } from '#lib/auth/public-user.ts'
import type { Principal } from '#lib/session/authenticate.ts'

type Description = ReturnType<typeof describeCaller>

/** A session in memory is the same object, with the same user, until anything about either of them changes. */
const written = new WeakMap<Principal['session'], { body: Description; json: string }>()

/** What {@link describeCaller} says, and the same as JSON, which is written once. */
export function describeCallerOnce(principal: Principal): { body: Description; json: string } {
  const known = written.get(principal.session)
  if (known) return known
  const body = describeCaller(principal)
  const description = { body, json: JSON.stringify(body) }
  written.set(principal.session, description)
  return description
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
