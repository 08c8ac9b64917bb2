import { sql } from 'drizzle-orm'
import type { Connection } from '../connection.ts'
import { signInCodes } from '../schema.ts'
import { statement } from '../statement.ts'

export interface NewSignInCode {
  codeHash: string
  challenge: string
  provider: string
  issuer: string
  subject: string
  email: string | null
  emailVerified: boolean
  suggestedName: string | null
  lifetimeSeconds: number
}

const insert = statement<NewSignInCode>(
  'insert_sign_in_code',
  (p) => sql`
    insert into ${signInCodes}
      (code_hash, challenge, provider, issuer, subject, email, email_verified, suggested_name, expires_at)
    values (${p.codeHash}, ${p.challenge}, ${p.provider}, ${p.issuer}, ${p.subject}, ${p.email},
      ${p.emailVerified}::boolean, ${p.suggestedName}, app_now() + make_interval(secs => ${p.lifetimeSeconds}::integer))`,
)

/** Keeps what a dance proved for the front end that started it. */
export async function insertSignInCode(db: Connection, code: NewSignInCode): Promise<void> {
  await db.run(insert(code))
}

export type SignInCode = Omit<NewSignInCode, 'codeHash' | 'challenge' | 'lifetimeSeconds'>

const use = statement<{ codeHash: string; challenge: string }, SignInCode>(
  'use_sign_in_code',
  (p) => sql`
    with found as (
      select * from ${signInCodes}
      where ${signInCodes.codeHash} = ${p.codeHash} and ${signInCodes.challenge} = ${p.challenge}
        and ${signInCodes.usedAt} is null and ${signInCodes.expiresAt} > app_now()
      for update
    )
    update ${signInCodes} set used_at = app_now(), subject = null, email = null, suggested_name = null
    from found where ${signInCodes.codeHash} = found.code_hash
    returning found.provider as "provider", found.issuer as "issuer", found.subject as "subject",
      found.email as "email", found.email_verified as "emailVerified", found.suggested_name as "suggestedName"`,
)

/**
 * Uses a code, by one conditional statement: of any number of parallel calls one gets the row, and what it says about
 * a person is gone from the table.
 *
 * @returns null when there is none, it is used or over, or the verifier is another's; that is not told apart
 */
export async function spendSignInCode(
  db: Connection,
  presented: { codeHash: string; challenge: string },
): Promise<SignInCode | null> {
  const [row] = await db.run(use(presented))
  return row ?? null
}

const noteSession = statement<{ codeHash: string; sessionId: string }, { noted: true }>(
  'note_session_of_sign_in_code',
  (p) => sql`
    update ${signInCodes} set session_id = ${p.sessionId}::uuid where ${signInCodes.codeHash} = ${p.codeHash}
    returning true as noted`,
)

/**
 * Notes what a code became, see {@link removeUsedCode}.
 *
 * @returns false when the code was presented again meanwhile
 */
export async function noteSessionOfCode(
  db: Connection,
  of: { codeHash: string; sessionId: string },
): Promise<boolean> {
  return (await db.run(noteSession(of))).length === 1
}

const removeUsed = statement<{ codeHash: string }, { sessionId: string | null }>(
  'remove_used_sign_in_code',
  ({ codeHash }) => sql`
    delete from ${signInCodes} where ${signInCodes.codeHash} = ${codeHash} and ${signInCodes.usedAt} is not null
    returning ${signInCodes.sessionId} as "sessionId"`,
)

/**
 * Removes a used code that is presented again, for whoever does may have stolen it. While it is still becoming a session,
 * {@link noteSessionOfCode} finds it gone.
 *
 * @returns the session that it became; null for none, and for a code that was not used
 */
export async function removeUsedCode(db: Connection, codeHash: string): Promise<string | null> {
  const [row] = await db.run(removeUsed({ codeHash }))
  return row?.sessionId ?? null
}

/** For so long a used code that is presented again ends the session that it became. */
const usedKeptSeconds = 3600
/** Rows of one statement: it stays well below the time limit. */
const purgeSize = 1000

const purge = statement<object, { codeHash: string }>(
  'purge_sign_in_codes',
  () => sql`
    delete from ${signInCodes} where ${signInCodes.codeHash} = any(array(
      select code_hash from ${signInCodes}
      where ${signInCodes.expiresAt} <= app_now() and (${signInCodes.usedAt} is null
        or ${signInCodes.expiresAt} <= app_now() - make_interval(secs => ${sql.raw(String(usedKeptSeconds))}))
      order by ${signInCodes.expiresAt} limit ${sql.raw(String(purgeSize))} for update skip locked))
    returning code_hash as "codeHash"`,
)

/** Removes codes that nobody used in time, and used ones after an hour, some at a time; true when there may be more. */
export async function purgeSignInCodes(db: Connection): Promise<boolean> {
  return (await db.run(purge({}))).length === purgeSize
}
