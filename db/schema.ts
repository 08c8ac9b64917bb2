import { sql } from 'drizzle-orm'
import {
  type AnyPgColumn,
  bigint,
  boolean,
  check,
  customType,
  foreignKey,
  index,
  inet,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
  uuid,
  varchar,
} from 'drizzle-orm/pg-core'
import { constraints } from './constraints.ts'

const bytes = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'bytea' })
const instant = () => timestamp({ withTimezone: true, mode: 'date' })
/** Database time. Tests replace the function behind it, so no column may default to now(). */
const appNow = sql`app_now()`

export const users = pgTable(
  'users',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedByDefaultAsIdentity(),
    email: text().notNull(),
    username: text().notNull(),
    emailVerifiedAt: instant(),
    disabledAt: instant(),
    deletedAt: instant(),
    /** When a deletion becomes final; until then a sign-in takes it back. Null for a deletion by an operator. */
    eraseAt: instant(),
    /** A session lives only while it carries this number: one increment ends any number of them. */
    sessionEpoch: integer().notNull().default(0),
    createdAt: instant().notNull().default(appNow),
  },
  (table) => [
    uniqueIndex(constraints.usersEmail).on(sql`lower(${table.email})`),
    uniqueIndex(constraints.usersUsername).on(sql`lower(${table.username})`),
    index('users_erase_at_idx').on(table.eraseAt).where(sql`${table.eraseAt} is not null`),
  ],
)

const belongsToUser = (name: string, column: AnyPgColumn) =>
  foreignKey({ name, columns: [column], foreignColumns: [users.id] }).onDelete('cascade')

/** What a one-time link is for. */
export const linkPurposes = ['verify_email', 'reset_password', 'change_email', 'undo_email_change'] as const

/** Why and when each epoch of a user began: the reason shown to the sessions it ended. */
export const sessionEpochs = pgTable(
  'session_epochs',
  {
    userId: bigint({ mode: 'number' }).notNull(),
    epoch: integer().notNull(),
    reason: text().notNull(),
    beganAt: instant().notNull().default(appNow),
  },
  (table) => [
    primaryKey({ name: 'session_epochs_pkey', columns: [table.userId, table.epoch] }),
    index('session_epochs_began_at_idx').on(table.beganAt),
    belongsToUser('session_epochs_user_id_fkey', table.userId),
  ],
)

/** Apart from users, so that no join or log line of a user can carry a hash. */
export const passwordCredentials = pgTable(
  'password_credentials',
  {
    userId: bigint({ mode: 'number' }).primaryKey(),
    passwordHash: text().notNull(),
    changedAt: instant().notNull().default(appNow),
  },
  (table) => [belongsToUser('password_credentials_user_id_fkey', table.userId)],
)

/**
 * Who else vouches for a user: one row for each account elsewhere. The pair of issuer and subject names it and nothing
 * else does: addresses change hands. What the provider gave to read its API with is never kept.
 */
export const identities = pgTable(
  'identities',
  {
    id: uuid().primaryKey(),
    userId: bigint({ mode: 'number' }).notNull(),
    issuer: text().notNull(),
    subject: text().notNull(),
    /** Of the settings it was made under; only shown. */
    provider: text().notNull(),
    /** As the provider named it last; only shown. */
    email: text(),
    linkedAt: instant().notNull().default(appNow),
    lastUsedAt: instant(),
  },
  (table) => [
    uniqueIndex(constraints.identities).on(table.issuer, table.subject),
    index('identities_user_id_idx').on(table.userId),
    belongsToUser('identities_user_id_fkey', table.userId),
  ],
)

/**
 * Codes that hand a finished dance to a front end of another origin. Each works once, for a minute, for whoever knows
 * the verifier of its challenge.
 */
export const signInCodes = pgTable(
  'sign_in_codes',
  {
    /** SHA-256 of the code, base64url. */
    codeHash: text().primaryKey(),
    /** SHA-256 of the verifier, base64url (RFC 7636, S256). */
    challenge: text().notNull(),
    provider: text().notNull(),
    issuer: text().notNull(),
    /** Whose it is: null once the code was used, as are address and name. */
    subject: text(),
    email: text(),
    emailVerified: boolean().notNull(),
    suggestedName: text(),
    createdAt: instant().notNull().default(appNow),
    expiresAt: instant().notNull(),
    usedAt: instant(),
    /** The session it became: it ends when the code is presented again. */
    sessionId: uuid(),
  },
  (table) => [index('sign_in_codes_expires_at_idx').on(table.expiresAt)],
)

export const roles = pgTable(
  'roles',
  {
    id: integer().primaryKey().generatedByDefaultAsIdentity(),
    name: text().notNull(),
  },
  (table) => [uniqueIndex('roles_name_key').on(table.name)],
)

export const userRoles = pgTable(
  'user_roles',
  {
    userId: bigint({ mode: 'number' }).notNull(),
    roleId: integer().notNull(),
    grantedAt: instant().notNull().default(appNow),
  },
  (table) => [
    primaryKey({ name: 'user_roles_pkey', columns: [table.userId, table.roleId] }),
    index('user_roles_role_id_idx').on(table.roleId),
    belongsToUser('user_roles_user_id_fkey', table.userId),
    foreignKey({
      name: 'user_roles_role_id_fkey',
      columns: [table.roleId],
      foreignColumns: [roles.id],
    }).onDelete('cascade'),
  ],
)

/**
 * One sign-in, one row, one refresh family. Refresh tokens are derived from the id and the generation, so none is
 * stored. Columns that change at every refresh carry no index: those updates stay heap-only (fillfactor 80).
 */
export const sessions = pgTable(
  'sessions',
  {
    id: uuid().primaryKey(),
    userId: bigint({ mode: 'number' }).notNull(),
    kind: text({ enum: ['bearer', 'cookie'] }).notNull(),
    /** The generation of the one refresh token that is live now; the first is 1. */
    generation: integer().notNull().default(1),
    /** When the last four generations stopped being live, the newest first. */
    supersededAt: instant().array().notNull().default(sql`'{}'`),
    sessionEpoch: integer().notNull(),
    amr: text().array().notNull(),
    authenticatedAt: instant().notNull().default(appNow),
    createdAt: instant().notNull().default(appNow),
    lastUsedAt: instant().notNull().default(appNow),
    /** Seconds of disuse this session survives; each use moves idle_until by as much. */
    idleSeconds: integer().notNull(),
    idleUntil: instant().notNull(),
    /** False: the browser forgets the cookie when it closes. */
    remembered: boolean().notNull().default(true),
    expiresAt: instant().notNull(),
    endedAt: instant(),
    endedReason: text(),
    clientAddress: inet(),
    device: text(),
    userAgent: text(),
  },
  (table) => [
    index('sessions_user_id_idx').on(table.userId),
    belongsToUser('sessions_user_id_fkey', table.userId),
    check('sessions_kind_check', sql`${table.kind} in ('bearer', 'cookie')`),
  ],
)

export const signingKeys = pgTable('signing_keys', {
  kid: text().primaryKey(),
  algorithm: text().notNull(),
  publicJwk: jsonb().notNull(),
  /** The private half, AES-256-GCM under a key derived from AUTH_SECRET, bound to the kid. */
  privateKeySealed: bytes().notNull(),
  createdAt: instant().notNull().default(appNow),
  activatesAt: instant().notNull().default(appNow),
  retiresAt: instant(),
})

/** Registrations that wait for proof of the mailbox (EMAIL_VERIFICATION=required). Each reserves its user name. */
export const pendingRegistrations = pgTable(
  'pending_registrations',
  {
    id: uuid().primaryKey(),
    email: text().notNull(),
    username: text().notNull(),
    passwordHash: text().notNull(),
    clientAddress: inet(),
    createdAt: instant().notNull().default(appNow),
    expiresAt: instant().notNull(),
  },
  (table) => [
    index('pending_registrations_email_idx').on(sql`lower(${table.email})`),
    uniqueIndex(constraints.pendingUsername).on(sql`lower(${table.username})`),
  ],
)

const belongsToPending = (name: string, column: AnyPgColumn) =>
  foreignKey({ name, columns: [column], foreignColumns: [pendingRegistrations.id] }).onDelete('cascade')

/**
 * Links and codes that were sent by mail. Token and code are derived from the id (lib/crypto/link-token.ts), so no row
 * holds a secret. A link lives from its hand-over to SMTP, for as long as its purpose says.
 */
export const oneTimeLinks = pgTable(
  'one_time_links',
  {
    /** That of the message that carries it. */
    id: uuid().primaryKey(),
    purpose: text({ enum: linkPurposes }).notNull(),
    userId: bigint({ mode: 'number' }),
    pendingRegistrationId: uuid(),
    /** The address that the link was sent to, and proves. */
    email: text().notNull(),
    createdAt: instant().notNull().default(appNow),
    /** When it was last handed to SMTP; null: nobody can have it yet. */
    handedOverAt: instant(),
    usedAt: instant(),
    voidedAt: instant(),
    /** That asked for it, where it is over with that session. Not a reference: it may outlive the row. */
    sessionId: uuid(),
    /** Tries of its code; counted before the code is looked at. */
    codeTries: integer().notNull().default(0),
  },
  (table) => [
    index('one_time_links_user_id_idx').on(table.userId),
    index('one_time_links_pending_registration_id_idx')
      .on(table.pendingRegistrationId)
      .where(sql`pending_registration_id is not null`),
    index('one_time_links_email_idx').on(sql`lower(${table.email})`),
    belongsToUser('one_time_links_user_id_fkey', table.userId),
    belongsToPending('one_time_links_pending_registration_id_fkey', table.pendingRegistrationId),
  ],
)

/**
 * The outbox. A row is written with the change that causes it; a trigger adds the job that delivers it. What is said is
 * rendered at delivery from the template and these parameters; neither holds a secret.
 */
export const mailMessages = pgTable(
  'mail_messages',
  {
    /** UUID of version 7; the Message-ID of every attempt. */
    id: uuid().primaryKey(),
    template: text().notNull(),
    userId: bigint({ mode: 'number' }),
    pendingRegistrationId: uuid(),
    recipient: text().notNull(),
    /** True: it is for whoever has the address, and the delivery finds out who that is (db/queries/mail-adoption.ts). */
    byAddress: boolean().notNull().default(false),
    parameters: jsonb().$type<Record<string, string | null>>().notNull(),
    /** withdrawn: its link was used or voided before it could be sent. */
    state: text({ enum: ['queued', 'sending', 'sent', 'failed', 'withdrawn'] })
      .notNull()
      .default('queued'),
    attempts: integer().notNull().default(0),
    createdAt: instant().notNull().default(appNow),
    /** When it may be tried next; while 'sending', when the attempt counts as lost. */
    nextAttemptAt: instant().notNull().default(appNow),
    sentAt: instant(),
    failedAt: instant(),
    lastError: text(),
  },
  (table) => [
    index('mail_messages_waiting_idx').on(table.nextAttemptAt).where(sql`state in ('queued', 'sending')`),
    index('mail_messages_user_id_idx').on(table.userId, table.createdAt),
    index('mail_messages_pending_registration_id_idx')
      .on(table.pendingRegistrationId)
      .where(sql`pending_registration_id is not null`),
    belongsToUser('mail_messages_user_id_fkey', table.userId),
    belongsToPending('mail_messages_pending_registration_id_fkey', table.pendingRegistrationId),
    check(
      'mail_messages_state_check',
      sql`${table.state} in ('queued', 'sending', 'sent', 'failed', 'withdrawn')`,
    ),
  ],
)

/** Fixed windows (registrations, mails). The shape is the one that rate-limiter-flexible reads and writes. */
export const limiter = pgTable('limiter', {
  key: varchar({ length: 255 }).primaryKey(),
  points: integer().notNull().default(0),
  expire: bigint({ mode: 'number' }),
})

/** Refused sign-ins, counted before the password is hashed; written by reserve_attempts() only. */
export const attemptBudgets = pgTable(
  'attempt_budgets',
  {
    key: text().primaryKey(),
    refused: integer().notNull().default(0),
    retryAt: instant(),
    forgottenAt: instant().notNull().default(appNow),
  },
  (table) => [index('attempt_budgets_forgotten_at_idx').on(table.forgottenAt)],
)

/**
 * What happened to accounts, sessions and keys, written with the change itself; rows are never changed. No foreign key:
 * it would lock the row of the user, which only a known account has. Whoever removes an account removes its events.
 */
export const auditEvents = pgTable(
  'audit_events',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    occurredAt: instant().notNull().default(appNow),
    name: text().notNull(),
    /** Whose account it is about; null for nobody's. */
    userId: bigint({ mode: 'number' }),
    /** Who did it. */
    actor: text({ enum: ['user', 'operator', 'system'] }).notNull(),
    /** The session that it was done in. */
    sessionId: uuid(),
    clientAddress: inet(),
    device: text(),
    requestId: text(),
    /** Never a secret. */
    details: jsonb().notNull().default(sql`'{}'`),
  },
  (table) => [
    index('audit_events_user_id_idx').on(table.userId, table.id),
    check('audit_events_actor_check', sql`${table.actor} in ('user', 'operator', 'system')`),
  ],
)

/**
 * Which events name the address of somebody who has no account yet: they go with the account that has it one day. A table,
 * because an index over the record itself could not be made without holding up every sign-in while it is read.
 */
export const auditEventAddresses = pgTable(
  'audit_event_addresses',
  {
    eventId: bigint({ mode: 'number' }).primaryKey(),
    email: text().notNull(),
  },
  (table) => [index('audit_event_addresses_email_idx').on(sql`lower(${table.email})`)],
)

/** Requests that clients may repeat (Idempotency-Key), and the answers they got. Nothing here can be read without the root secret. */
export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    /** HMAC of the operation, of whose key it is, and of the key. */
    keyHash: text().primaryKey(),
    /** HMAC of what the request asked for. */
    requestHash: text().notNull(),
    /** The call that works on it: one that was given up must not write over the next one's answer. */
    claimId: uuid().notNull(),
    claimedAt: instant().notNull().default(appNow),
    /** AES-256-GCM, bound to the key; null while the call is working. */
    answerSealed: bytes(),
    expiresAt: instant().notNull(),
  },
  (table) => [index('idempotency_keys_expires_at_idx').on(table.expiresAt)],
)

/** Facts of this installation that belong to the data, such as the nonce of the set-up key. */
export const settings = pgTable('settings', {
  name: text().primaryKey(),
  value: jsonb().notNull(),
  updatedAt: instant().notNull().default(appNow),
})
