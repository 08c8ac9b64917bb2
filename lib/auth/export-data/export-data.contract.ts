import { z } from 'zod'
import { auditEventNames } from '#lib/audit/audit-event-names.ts'
import { contract } from '#lib/http/contract.ts'
import { Amr, Instant, SessionKind, User } from '#lib/session/session.contract.ts'

const Address = z.string().nullable()
const Device = z.string().nullable().describe('Such as "Firefox on Windows".')

export const exportDataContract = contract({
  operationId: 'exportMyData',
  method: 'GET',
  path: '/api/auth/export',
  summary: 'Export my data',
  description:
    'Everything that is kept about the caller: the profile, the accounts at providers that sign in to it, the sessions, the record of sign-ins and changes, and the messages that were sent; the newest first, however many there are. Never a password, a token or a link. At most 10 an hour.',
  tag: 'auth',
  principal: 'session',
  responses: {
    200: z.strictObject({
      exported_at: Instant,
      profile: User.extend({
        created_at: Instant,
        email_verified_at: Instant.nullable(),
        password_changed_at: Instant.nullable(),
      }),
      identities: z
        .array(
          z.strictObject({
            provider: z.string(),
            issuer: z.string(),
            subject: z.string(),
            email: Address,
            linked_at: Instant,
            last_used_at: Instant.nullable(),
          }),
        )
        .describe('Accounts at providers that sign in to this one.'),
      sessions: z.array(
        z.strictObject({
          id: z.uuid(),
          kind: SessionKind,
          device: Device,
          user_agent: z.string().nullable(),
          ip: Address,
          amr: Amr,
          created_at: Instant,
          last_used_at: Instant,
          expires_at: Instant,
          ended_at: Instant.nullable(),
          ended_reason: z.string().nullable(),
        }),
      ),
      events: z.array(
        z.strictObject({
          name: z.enum(auditEventNames),
          occurred_at: Instant,
          actor: z.enum(['user', 'operator', 'system']),
          session_id: z.uuid().nullable(),
          ip: Address,
          device: Device,
          request_id: z.string().nullable(),
          details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
        }),
      ),
      mails: z.array(
        z.strictObject({
          id: z.uuid(),
          template: z.string(),
          recipient: z.string(),
          state: z.string(),
          created_at: Instant,
          sent_at: Instant.nullable(),
        }),
      ),
    }),
  },
  problems: ['rate_limited'],
})
