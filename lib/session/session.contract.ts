import { z } from 'zod'
import { endedReasons } from './ended-reason.ts'

export const Instant = z.iso.datetime({ precision: 3 }).describe('UTC, with milliseconds and Z.')

export const User = z
  .strictObject({
    id: z.int().positive().describe('The subject; other services join on it.'),
    email: z.string(),
    username: z.string(),
    roles: z.array(z.string()).describe('Upper-case names, sorted.'),
    email_verified: z.boolean(),
  })
  .meta({ id: 'User' })

export type User = z.infer<typeof User>

export const SessionKind = z.enum(['bearer', 'cookie'])
export const Amr = z.array(z.string()).describe('How the user signed in (RFC 8176).')
export const EndedReason = z.enum(endedReasons)

/** What a sign-in or a refresh hands out over the bearer transport. */
export const BearerTokens = z
  .strictObject({
    access_token: z.string(),
    refresh_token: z.string(),
    token_type: z.literal('bearer'),
    expires_in: z.int().positive().describe('Seconds until the access token expires.'),
    user: User,
  })
  .meta({ id: 'BearerTokens' })
export type BearerTokens = z.infer<typeof BearerTokens>

/** The same over the cookie transport: the credential is in Set-Cookie only. */
export const CookieSession = z
  .strictObject({
    expires_in: z.int().positive().describe('Seconds of disuse after which the session ends.'),
    user: User,
  })
  // Fields that are not known are let through: without this, tokens with one missing would pass for a cookie's answer.
  .meta({ id: 'CookieSession', not: { properties: { access_token: {} }, required: ['access_token'] } })

export const IssuedSession = z.union([BearerTokens, CookieSession])
export type IssuedSession = z.infer<typeof IssuedSession>

export const Done = z.strictObject({ status: z.literal('success'), message: z.string() }).meta({ id: 'Done' })

export const EndedSessions = z
  .strictObject({
    ended: z.int().nonnegative().describe('How many sessions ended.'),
  })
  .meta({ id: 'EndedSessions' })
