import { hasPassword, listIdentities } from '#db/queries/identities.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import { providerName } from './provider-name.ts'

/** An account at a provider that signs in to an account here. */
export interface ConnectedIdentity {
  id: string
  provider: string
  /** Of the provider, for people. */
  name: string
  email: string | null
  linkedAt: Date
  lastUsedAt: Date | null
}

/** The ways in to an account. */
export async function listWaysIn(
  runtime: Pick<Runtime, 'config' | 'database'>,
  userId: number,
): Promise<{ identities: ConnectedIdentity[]; hasPassword: boolean }> {
  const [rows, isSet] = await Promise.all([
    listIdentities(runtime.database, userId),
    hasPassword(runtime.database, userId),
  ])
  const identities = rows.map(({ id, provider, email, linkedAt, lastUsedAt }) => ({
    id,
    provider,
    name: providerName(runtime, { provider }),
    email,
    linkedAt,
    lastUsedAt,
  }))
  return { identities, hasPassword: isSet }
}
