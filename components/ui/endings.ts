import type { EndedReason } from '#lib/session/ended-reason.ts'

/** Why a session ended, said to whoever was signed in with it. */
const sentences: Record<EndedReason, string> = {
  signed_out: 'You signed out.',
  revoked_by_user: 'This device was signed out from another one.',
  revoked_by_admin: 'An administrator signed this device out.',
  password_changed: 'Your password was changed on another device.',
  password_reset: 'Your password was reset.',
  refresh_reuse: 'A copy of a sign-in of this account was used. Change your password if that was not you.',
  idle: 'You were away for a while.',
  expired: 'You have been signed in for a long time.',
  user_disabled: 'This account is disabled.',
  user_deleted: 'This account was deleted.',
  limit: 'You signed in on more devices than an account may have.',
  unknown: 'Sign in again to go on.',
}

/** Null for a word that is no reason of ours: a link must not put words on our pages. */
export function endingSentence(reason: string | null | undefined): string | null {
  return reason && Object.hasOwn(sentences, reason) ? sentences[reason as EndedReason] : null
}
