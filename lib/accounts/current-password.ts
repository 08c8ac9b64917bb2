import { findPasswordCredential } from '#db/queries/users.ts'
import { currentPasswordBudget } from '#lib/limits/budget-policies.ts'
import { Problem } from '#lib/problems.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'

export interface PresentedCurrentPassword {
  userId: number
  /** Wrong ones are limited within it. */
  sessionId: string
  presented: string
  /** Its name on the wire. */
  field: string
}

/**
 * Requires the password of somebody who is signed in.
 *
 * @returns the hash that it was verified with
 * @throws Problem `wrong_password`, `rate_limited` without looking at it, or `overloaded`
 */
export async function requireCurrentPassword(
  runtime: Runtime,
  { userId, sessionId, presented, field }: PresentedCurrentPassword,
): Promise<string> {
  const counted = await runtime.limits.attempts.count([currentPasswordBudget(sessionId)])
  try {
    const credential = await findPasswordCredential(runtime.database, userId)
    const verdict = await runtime.passwords.verify(credential?.passwordHash ?? null, presented)
    if (verdict.kind === 'right' && credential) {
      await counted.right()
      return credential.passwordHash
    }
  } catch (error) {
    await counted.giveBack()
    throw error
  }
  await counted.refused()
  const errors = [{ field, code: 'wrong_password', detail: 'Current password is incorrect' }]
  throw new Problem('wrong_password', { errors, rateLimit: counted.limit })
}
