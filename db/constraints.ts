/**
 * Names of the constraints whose violation has a meaning outside the database.
 * The schema declares them with these constants and use cases translate them, so neither side guesses a string.
 */
export const constraints = {
  usersEmail: 'users_email_key',
  usersUsername: 'users_username_key',
  pendingUsername: 'pending_registrations_username_key',
  identities: 'identities_issuer_subject_key',
} as const

export type ConstraintName = (typeof constraints)[keyof typeof constraints]
