import { bigint, pgTable, text, timestamp } from 'drizzle-orm/pg-core'
import { drizzle, type PgRemoteDatabase } from 'drizzle-orm/pg-proxy'
import type { Connection } from './connection.ts'
import type { Query } from './statement.ts'

/**
 * The tables as Auth.js's adapter knows them: as much of a user as it may see, and an identity, whose provider is the
 * issuer and whose account id is the subject.
 */
export const adapterTables = {
  usersTable: pgTable('users', {
    id: bigint({ mode: 'number' }).primaryKey(),
    email: text().notNull(),
    emailVerified: timestamp('email_verified_at', { withTimezone: true, mode: 'date' }),
  }),
  accountsTable: pgTable('identities', {
    userId: bigint('user_id', { mode: 'number' }).notNull(),
    provider: text('issuer').notNull(),
    providerAccountId: text('subject').notNull(),
  }),
}

/** Drizzle over one of our connections, with its time limits: for a library that writes its queries with Drizzle. */
export function drizzleOver(connection: Connection): PgRemoteDatabase {
  return drizzle(async (statement, values) => {
    const query = { text: statement, values, rowMode: 'array' } as unknown as Query<unknown[]>
    return { rows: await connection.run(query) }
  })
}
