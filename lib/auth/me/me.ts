import { publicUser } from '#lib/auth/public-user.ts'
import type { Principal } from '#lib/session/authenticate.ts'

type Description = ReturnType<typeof makeDescription>

/** A session in memory is the same object, with the same user, until anything about either of them changes. */
const described = new WeakMap<Principal['session'], Description>()

/** Who calls, and with which session. */
export function describeCaller(principal: Principal): Description {
  const known = described.get(principal.session)
  if (known) return known
  const description = makeDescription(principal)
  described.set(principal.session, description)
  return description
}

function makeDescription({ user, session }: Principal) {
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
