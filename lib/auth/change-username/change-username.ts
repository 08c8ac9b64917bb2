import { changeUsername as changeRow } from '#db/queries/account-changes.ts'
import { type EventClient, userEvent } from '#lib/audit/audit-event.ts'
import { taken, takenProblem } from '#lib/auth/taken.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import type { Principal } from '#lib/session/authenticate.ts'

/** Changes the public name of the caller. @throws Problem `username_taken`, also while a registration holds it */
export async function changeUsername(
  runtime: Runtime,
  { user, session }: Principal,
  username: string,
  client: EventClient,
): Promise<void> {
  const event = userEvent('username_changed', client, { sessionId: session.id, details: { to: username } })
  const outcome = await changeRow(runtime.database, { userId: user.id, username, event }).catch((error) => {
    throw takenProblem(error) ?? error
  })
  if (outcome === null) throw taken('username', 'username_taken')
  if (outcome === 'unchanged') return
  runtime.sessionCheck.forget({ kind: 'user', userId: user.id })
  runtime.log.info({ event: 'username_changed', user_id: user.id }, 'user name changed')
}
