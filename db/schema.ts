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
    /** A session lives only while it carries this number: one increment ends any number of them. */
    sessionEpoch: integer().notNull().default(0),
    createdAt: instant().notNull().default(appNow),
  },
  (table) => [
    uniqueIndex(constraints.usersEmail).on(sql`lower(${table.email})`),
    uniqueIndex(constraints.usersUsername).on(sql`lower(${table.username})`),
  ],
)

const belongsToUser = (name: string, column: AnyPgColumn) =>
  foreignKey({ name, columns: [column], foreignColumns: [users.id] }).onDelete('cascade')

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
    createdAt: instant().notNull().default(appNow),
    expiresAt: instant().notNull(),
  },
  (table) => [
    index('pending_registrations_email_idx').on(sql`lower(${table.email})`),
    uniqueIndex('pending_registrations_username_key').on(sql`lower(${table.username})`),
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
