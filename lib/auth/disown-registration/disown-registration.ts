import { removeRegistration, removeUnprovenAccount } from '#db/queries/registrations.ts'
import { keepingAnAdministrator } from '#lib/accounts/last-administrator.ts'
import { type EventClient, userEvent } from '#lib/audit/audit-event.ts'
import { spendLink } from '#lib/auth/link-proof.ts'
import { peekLink, requireLink } from '#lib/links/links.ts'
import { Problem } from '#lib/problems.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'

/**
 * Removes what somebody else made with an address: "this was not me".
 *
 * @throws Problem `link_invalid`, also once the address was proven by other means; `link_expired`, `link_used`;
 *         `last_administrator`
 */
export async function disownRegistration(
  runtime: Runtime,
  token: string,
  client: EventClient,
): Promise<void> {
  const { database, sessionCheck, log } = runtime
  const looked = requireLink(await peekLink(runtime, database, { purpose: 'verify_email', token }))
  const event = userEvent('registration_disowned', client)
  const userId = await keepingAnAdministrator(runtime, async (transaction) => {
    const link = await spendLink(transaction, looked)
    const isRemoved =
      link.pendingRegistrationId === null
        ? link.userId !== null && (await removeUnprovenAccount(transaction, { userId: link.userId, event }))
        : await removeRegistration(transaction, { id: link.pendingRegistrationId, event })
    if (!isRemoved)
      throw new Problem('link_invalid', { because: 'the address was proven, or the account is gone' })
    return link.userId
  })
  if (userId !== null) sessionCheck.forget({ kind: 'user', userId })
  log.info({ event: 'registration_disowned', user_id: userId }, 'account removed by the owner of its address')
}
