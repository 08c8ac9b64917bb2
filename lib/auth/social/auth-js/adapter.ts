import type { Adapter, AdapterUser } from '@auth/core/adapters'
import { DrizzleAdapter } from '@auth/drizzle-adapter'
import { adapterTables, drizzleOver } from '#db/adapter-store.ts'
import type { Connection } from '#db/connection.ts'

/** A user as Auth.js may know it: an id in decimals, an address, and when it was proven. */
interface StoredUser {
  id: number
  email: string
  emailVerified: Date | null
}

/** By issuer and subject, see `adapterAccountId`. */
export type FindUser = NonNullable<Adapter['getUserByAccount']>

/**
 * Drizzle's adapter over our tables: it finds, and what is written is ours. An address never matches an account, and no
 * token of a provider is kept.
 *
 * @param createAccount  makes the account of an identity that nobody has, and links them
 */
export function createAdapter(
  db: Connection,
  createAccount: () => Promise<StoredUser>,
): Adapter & { getUserByAccount: FindUser } {
  // It asks for the columns of its own tables; what it calls of theirs is in ours.
  const stored = DrizzleAdapter(drizzleOver(db), adapterTables as never)
  return {
    async getUser(id) {
      return toAdapterUser(await stored.getUser?.(Number(id) as unknown as string))
    },
    async getUserByAccount({ providerAccountId }) {
      const [issuer, subject] = JSON.parse(providerAccountId)
      return toAdapterUser(
        await stored.getUserByAccount?.({ provider: issuer, providerAccountId: subject } as never),
      )
    },
    getUserByEmail: async () => null,
    createUser: async () => toAdapterUser(await createAccount()) as AdapterUser,
    // The account came with its identity, or was linked before Auth.js was asked to go on.
    linkAccount: async () => undefined,
  }
}

function toAdapterUser(user: unknown): AdapterUser | null {
  if (!user) return null
  const { id, email, emailVerified } = user as StoredUser
  return { id: String(id), email, emailVerified }
}
