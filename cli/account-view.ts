import { type findAccount, stateOfAccount } from '#lib/accounts/find-account.ts'

export type Account = Awaited<ReturnType<typeof findAccount>>

/** What the operand <user> means. */
export const userNote = 'A user is named by id, address or user name.'

/** An account as --json prints it. */
export function accountJson(account: Account) {
  const { id, email, username, roles, emailVerifiedAt, createdAt, disabledAt, deletedAt } = account
  return {
    id,
    email,
    username,
    roles,
    state: stateOfAccount(account),
    email_verified: emailVerifiedAt !== null,
    created_at: createdAt.toISOString(),
    disabled_at: disabledAt?.toISOString() ?? null,
    deleted_at: deletedAt?.toISOString() ?? null,
  }
}

/** How a sentence names an account. */
export function nameOf({ id, email, username }: Account): string {
  return `${username} <${email}> (id ${id})`
}
