import { findReservedName, type ReservedName } from '#db/queries/registrations.ts'
import { taken } from '#lib/auth/taken.ts'
import { reservedNameBudget } from '#lib/limits/budget-policies.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'

/**
 * The registration in waiting that holds a user name, for whoever made it: its password says so. Somebody who mistyped
 * the address registers again. What this costs, and what it says, hangs on the name alone and on no address.
 *
 * @throws Problem `username_taken` for anybody else, `rate_limited` after five of those, or `overloaded`
 */
export async function requireOwnRegistration(
  { database, limits, passwords }: Runtime,
  { username, password }: { username: string; password: string },
): Promise<ReservedName> {
  const reserved = await findReservedName(database, username)
  if (!reserved) throw taken('username', 'username_taken')
  const counted = await limits.attempts.count([reservedNameBudget(reserved.id)])
  const verdict = await passwords.verify(reserved.passwordHash, password).catch(async (error) => {
    await counted.giveBack()
    throw error
  })
  if (verdict.kind === 'wrong') {
    await counted.refused()
    throw taken('username', 'username_taken')
  }
  await counted.right()
  return reserved
}
