import type { SessionRow } from '#db/queries/session-rows.ts'
import type { UserRow } from '#db/queries/users.ts'
import { deriveRefreshToken } from '#lib/crypto/refresh-token.ts'
import type { Secret } from '#lib/crypto/secret.ts'
import { toEpochSeconds } from '#lib/runtime/clock.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'

/** What a client is handed for its session. */
export type IssuedSession =
  | { kind: 'bearer'; accessToken: Secret; refreshToken: Secret; expiresInSeconds: number; user: UserRow }
  | {
      kind: 'cookie'
      credential: Secret
      /** Null: the browser forgets the cookie when it closes. */
      maxAgeSeconds: number | null
      /** Seconds of disuse after which the session ends. */
      expiresInSeconds: number
      user: UserRow
    }

type SessionFacts = Pick<
  SessionRow,
  | 'id'
  | 'epoch'
  | 'amr'
  | 'authenticatedAt'
  | 'createdAt'
  | 'idleUntil'
  | 'expiresAt'
  | 'writtenExpiresAt'
  | 'generation'
  | 'remembered'
>

/** Makes the access token of now and the refresh token of the session's live generation. */
export async function issueBearerTokens(
  runtime: Pick<Runtime, 'config' | 'roots' | 'accessTokens'>,
  user: UserRow,
  session: SessionFacts,
  now: Date,
): Promise<IssuedSession> {
  const issuedAt = toEpochSeconds(now)
  const expiresAt = Math.min(
    issuedAt + runtime.config.accessToken.lifetimeSeconds,
    toEpochSeconds(session.expiresAt),
  )
  const accessToken = await runtime.accessTokens.issue({
    subject: String(user.id),
    sessionId: session.id,
    sessionEpoch: session.epoch,
    roles: user.roles,
    amr: session.amr,
    authTime: toEpochSeconds(session.authenticatedAt),
    issuedAt,
    expiresAt,
  })
  return {
    kind: 'bearer',
    accessToken,
    refreshToken: deriveRefreshToken(runtime.roots, {
      sessionId: session.id,
      generation: session.generation,
    }),
    expiresInSeconds: Math.max(1, expiresAt - issuedAt),
    user,
  }
}

/** Makes the cookie of a session. It never changes: two calls give the same bytes. */
export async function issueSessionCookie(
  runtime: Pick<Runtime, 'sessionCredentials'>,
  user: UserRow,
  session: SessionFacts,
  now: Date,
): Promise<IssuedSession> {
  const credential = await runtime.sessionCredentials.issue({
    subject: String(user.id),
    sessionId: session.id,
    sessionEpoch: session.epoch,
    issuedAt: toEpochSeconds(session.createdAt),
    expiresAt: toEpochSeconds(session.writtenExpiresAt),
  })
  const secondsUntil = (end: Date) => Math.max(1, toEpochSeconds(end) - toEpochSeconds(now))
  return {
    kind: 'cookie',
    credential,
    maxAgeSeconds: session.remembered ? secondsUntil(session.expiresAt) : null,
    expiresInSeconds: secondsUntil(session.idleUntil),
    user,
  }
}
