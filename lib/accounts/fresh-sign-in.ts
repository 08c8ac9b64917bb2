import { hasPassword } from '#db/queries/identities.ts'
import { Problem, type ProblemOptions } from '#lib/problems.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import type { Principal } from '#lib/session/authenticate.ts'
import { requireCurrentPassword } from './current-password.ts'

/** A session that is younger counts as a sign-in of just now. */
export const freshSeconds = 600

/** True while no password has to be asked for. */
export function isFresh({ clock }: Pick<Runtime, 'clock'>, authenticatedAt: Date): boolean {
  return clock.now().getTime() - authenticatedAt.getTime() <= freshSeconds * 1000
}

/**
 * Requires proof that the owner is at the keyboard: the password, or a sign-in of the last ten minutes.
 *
 * @param password  undefined: none was given
 * @throws Problem `reauthentication_required`; of a password `wrong_password`, `rate_limited` or `overloaded`
 */
export async function requireFreshSignIn(
  runtime: Runtime,
  { user, session }: Principal,
  password: string | undefined,
): Promise<void> {
  if (password !== undefined) {
    runtime.passwords.requireRoom()
    const presented = { userId: user.id, sessionId: session.id, presented: password, field: 'password' }
    await requireCurrentPassword(runtime, presented)
    return
  }
  if (isFresh(runtime, session.authenticatedAt)) return
  throw new Problem('reauthentication_required', await remedyFor(runtime, user.id))
}

/** Whoever has no password cannot enter one. */
async function remedyFor({ database }: Runtime, userId: number): Promise<ProblemOptions> {
  if (await hasPassword(database, userId)) {
    return { errors: [{ field: 'password', code: 'required', detail: 'Enter your password.' }] }
  }
  return { detail: 'Your sign-in was a while ago. Sign in again the way you do, then try once more.' }
}
