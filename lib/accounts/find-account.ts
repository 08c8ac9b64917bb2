import {
  type AccountFilter,
  type AccountState,
  countLiveSessions,
  findAccountsNamed,
  listAccounts as listRows,
} from '#db/queries/accounts.ts'
import type { UserRow } from '#db/queries/users.ts'
import { normaliseIdentifier } from '#lib/auth/identifiers.ts'
import { Problem } from '#lib/problems.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'

export type { AccountFilter, AccountState }

/**
 * Finds the account that an operator names by id, address or user name, also a disabled or deleted one.
 *
 * @throws Problem `not_found`, also when a number is the id of one account and the user name of another
 */
export async function findAccount({ database }: Pick<Runtime, 'database'>, named: string): Promise<UserRow> {
  const identifier = normaliseIdentifier(named)
  const isAddress = identifier?.includes('@') === true
  const [account, ...others] = await findAccountsNamed(database, {
    userId: idOf(named),
    email: isAddress ? identifier : null,
    username: isAddress ? null : identifier,
  })
  if (!account) throw new Problem('not_found', { detail: `There is no account "${named}".` })
  if (others.length === 0) return account
  const each = [account, ...others].map(({ id, email }) => `${email} (id ${id})`).join(' or ')
  throw new Problem('not_found', { detail: `"${named}" may mean ${each}. Name the account by its address.` })
}

/** Accounts in the order of their ids. */
export function listAccounts(
  { database }: Pick<Runtime, 'database'>,
  filter: AccountFilter,
): Promise<UserRow[]> {
  return listRows(database, filter)
}

export function countSessionsOf({ database, config }: Pick<Runtime, 'database' | 'config'>, { id }: UserRow) {
  return countLiveSessions(database, id, config.session.roleLimits)
}

export function stateOfAccount({ deletedAt, disabledAt }: UserRow): AccountState {
  if (deletedAt) return 'deleted'
  return disabledAt ? 'disabled' : 'active'
}

function idOf(text: string): number | null {
  const id = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  return Number.isSafeInteger(id) ? id : null
}
