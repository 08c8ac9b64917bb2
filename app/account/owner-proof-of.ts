import { isFresh } from '#lib/accounts/fresh-sign-in.ts'
import { listWaysIn } from '#lib/auth/social/list-identities.ts'
import { processRuntime } from '#lib/runtime/process-runtime.ts'
import type { Principal } from '#lib/session/authenticate.ts'
import { type OwnerProof, ownerProof } from '../../components/account/owner-proof.tsx'
import { socialChoice } from '../current.ts'

/** How the owner of an account proves on a page that it is them. */
export async function ownerProofOf({ user, session }: Principal): Promise<OwnerProof> {
  const runtime = await processRuntime()
  const { identities, hasPassword } = await listWaysIn(runtime, user.id)
  const { providers } = await socialChoice()
  const fresh = isFresh(runtime, session.authenticatedAt)
  return ownerProof({ hasPassword, isFresh: fresh, identities, providers, email: user.email })
}
