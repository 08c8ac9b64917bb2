import { findOwnerOfIdentity } from '#db/queries/identities.ts'
import { Problem } from '#lib/problems.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import type { ProvenIdentity } from './proven-identity.ts'

/**
 * Requires that an identity is connected to an account: whoever confirms that it is them must not come out as somebody
 * else, or as somebody new.
 *
 * @throws Problem `identity_not_connected`
 */
export async function requireIdentityOf(
  { database }: Pick<Runtime, 'database'>,
  identity: ProvenIdentity,
  userId: number,
): Promise<void> {
  const owner = await findOwnerOfIdentity(database, identity)
  if (owner?.id === userId) return
  const because = owner ? `user ${owner.id} has it` : 'nobody has it'
  throw new Problem('identity_not_connected', { because })
}
