import type { UserRow } from '#db/queries/users.ts'
import type { User } from '#lib/session/session.contract.ts'

/** A user as clients see it. Field by field, so that a new column does not leak. */
export function publicUser(user: UserRow): User {
  return {
    id: user.id,
    email: user.email,
    username: user.username,
    roles: user.roles,
    email_verified: user.emailVerifiedAt !== null,
  }
}
