/** Why a session ended. Stored, logged, and told to the client that presents a credential of it. */
export const endedReasons = [
  'signed_out',
  'revoked_by_user',
  'revoked_by_admin',
  'password_changed',
  'password_reset',
  'refresh_reuse',
  'idle',
  'expired',
  'user_disabled',
  'user_deleted',
  'limit',
  'unknown',
] as const

export type EndedReason = (typeof endedReasons)[number]

/** Rows may have been written by hand: whatever is not one of ours is `unknown`. */
export function toEndedReason(text: string | null): EndedReason {
  return endedReasons.find((reason) => reason === text) ?? 'unknown'
}
