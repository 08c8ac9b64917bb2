import { sql } from '#test/support/database.ts'

/** Accounts `<prefix>1@example.com` and so on, all with one password hash, made in the database. */
export async function insertAccounts(
  databaseUrl: string,
  prefix: string,
  count: number,
  passwordHash: string,
): Promise<void> {
  await sql(
    databaseUrl,
    `WITH created AS (
       INSERT INTO users (email, username) SELECT $1 || n || '@example.com', $1 || n FROM generate_series(1, $2::integer) n
       RETURNING id
     ), credential AS (INSERT INTO password_credentials (user_id, password_hash) SELECT id, $3 FROM created)
     INSERT INTO user_roles (user_id, role_id) SELECT id, 3 FROM created`,
    [prefix, count, passwordHash],
  )
}
