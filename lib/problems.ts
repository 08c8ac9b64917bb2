/** One entry per code. Codes are API: renaming one is a breaking change. `detail` is a sentence for people. */
interface ProblemDefinition {
  status: number
  title: string
  detail: string
}

export const problems = {
  malformed_json: { status: 400, title: 'Malformed JSON', detail: 'The body is not well-formed JSON.' },
  invalid_request: {
    status: 422,
    title: 'Invalid request',
    detail: 'The request has fields that need attention.',
  },
  unsupported_media_type: {
    status: 415,
    title: 'Unsupported media type',
    detail: 'Send the body as application/json, in UTF-8 and not compressed.',
  },
  body_too_large: { status: 413, title: 'Body too large', detail: 'The body is larger than 16 KiB.' },
  invalid_cursor: {
    status: 400,
    title: 'Invalid cursor',
    detail: 'This page of the list cannot be found again. Start with the first page.',
  },
  idempotency_in_progress: {
    status: 409,
    title: 'Request in progress',
    detail: 'The same request is still being worked on. Try again in a moment.',
  },
  idempotency_key_reused: {
    status: 422,
    title: 'Idempotency key reused',
    detail: 'This Idempotency-Key was sent with another request before. Use a new key.',
  },
  not_found: { status: 404, title: 'Not found', detail: 'There is nothing here.' },
  method_not_allowed: {
    status: 405,
    title: 'Method not allowed',
    detail: 'This path does not answer this method.',
  },
  misdirected_host: {
    status: 421,
    title: 'Misdirected request',
    detail: 'This server does not answer for that host name.',
  },
  loopback_only: {
    status: 403,
    title: 'Trial mode serves this machine only',
    detail:
      'This server runs in trial mode and answers only browsers on the same machine. Set DATABASE_URL and APP_URL to leave it.',
  },
  origin_refused: {
    status: 403,
    title: 'Origin refused',
    detail: 'This request came from a page that may not use this server with a cookie.',
  },
  cookie_needs_https: {
    status: 400,
    title: 'Cookies need https',
    detail: 'Cookie sign-in works over https only. Use the bearer transport or serve the site over https.',
  },
  rate_limited: { status: 429, title: 'Too many attempts', detail: 'Too many attempts. Try again later.' },
  overloaded: { status: 503, title: 'Overloaded', detail: 'The server is busy. Try again in a moment.' },
  unavailable: {
    status: 503,
    title: 'Temporarily unavailable',
    detail: 'The service is briefly unavailable. Try again in a moment.',
  },
  internal_error: {
    status: 500,
    title: 'Internal error',
    detail: 'Something went wrong on our side. Give support the request id.',
  },
  unauthenticated: { status: 401, title: 'Sign-in needed', detail: 'Sign in to use this.' },
  invalid_token: { status: 401, title: 'Invalid token', detail: 'This token is not valid.' },
  token_expired: { status: 401, title: 'Token expired', detail: 'This token has expired. Refresh it.' },
  session_ended: { status: 401, title: 'Session ended', detail: 'Your session ended. Sign in again.' },
  invalid_credentials: { status: 401, title: 'Sign-in refused', detail: 'Invalid email or password' },
  invalid_refresh_token: {
    status: 401,
    title: 'Invalid refresh token',
    detail: 'This refresh token is not valid.',
  },
  account_disabled: { status: 403, title: 'Account disabled', detail: 'This account is disabled.' },
  email_not_verified: {
    status: 403,
    title: 'Email not verified',
    detail: 'Open the link in the message that we sent you, then sign in.',
  },
  reauthentication_required: {
    status: 403,
    title: 'Sign in again',
    detail: 'This needs your password, or a sign-in of the last few minutes.',
  },
  registration_closed: {
    status: 403,
    title: 'Registration closed',
    detail: 'This server takes no new accounts.',
  },
  email_taken: { status: 400, title: 'Email taken', detail: 'Email already registered' },
  username_taken: { status: 400, title: 'User name taken', detail: 'Username already taken' },
  weak_password: { status: 422, title: 'Weak password', detail: 'This password is too easy to guess.' },
  breached_password: {
    status: 422,
    title: 'Breached password',
    detail: 'This password has appeared in a data breach, so it is easy to guess. Choose a different one.',
  },
  wrong_password: { status: 400, title: 'Wrong password', detail: 'Current password is incorrect' },
  same_password: {
    status: 400,
    title: 'Same password',
    detail: 'New password must be different from current password',
  },
  link_invalid: { status: 400, title: 'Link invalid', detail: 'This link is not valid.' },
  link_expired: { status: 400, title: 'Link expired', detail: 'This link has expired. Ask for a new one.' },
  link_used: { status: 400, title: 'Link used', detail: 'This link was already used.' },
  social_cancelled: { status: 400, title: 'Sign-in cancelled', detail: 'Sign-in was cancelled.' },
  social_state_lost: {
    status: 400,
    title: 'Sign-in lost',
    detail: 'This sign-in was begun too long ago, or in another tab or browser. Start it again.',
  },
  social_refused: {
    status: 400,
    title: 'Sign-in not verified',
    detail: 'What the provider answered could not be verified, so nobody was signed in. Try again.',
  },
  provider_unavailable: {
    status: 503,
    title: 'Provider unavailable',
    detail: 'The provider does not answer. Try again in a moment, or sign in another way.',
  },
  provider_email_unverified: {
    status: 403,
    title: 'Email not verified at the provider',
    detail:
      'The provider has not verified your email address. Verify it there, or create an account with a password.',
  },
  account_exists: {
    status: 409,
    title: 'Account exists',
    detail: 'You already have an account with this address. Sign in to it, then connect the provider.',
  },
  identity_taken: {
    status: 409,
    title: 'Already connected elsewhere',
    detail: 'This is already connected to another account here.',
  },
  identity_not_connected: {
    status: 409,
    title: 'Another account',
    detail: 'This is another account at the provider than the one that is connected to yours.',
  },
  last_sign_in_method: {
    status: 409,
    title: 'Last way to sign in',
    detail: 'This is your only way to sign in. Set a password first.',
  },
  last_administrator: {
    status: 409,
    title: 'Last administrator',
    detail: 'This is the last administrator who can sign in. Make somebody else an administrator first.',
  },
  sign_in_code_invalid: {
    status: 400,
    title: 'Sign-in code invalid',
    detail: 'This sign-in code is not valid any more. Start the sign-in again.',
  },
  return_url_refused: {
    status: 400,
    title: 'Return address refused',
    detail: 'This server may not lead back to that address.',
  },
} as const satisfies Record<string, ProblemDefinition>

export type ProblemCode = keyof typeof problems

export interface FieldProblem {
  field: string
  code: string
  detail: string
}

export interface ProblemOptions {
  /** The reason for the log and the audit. Never sent to the client, never a secret. */
  because?: string
  /** Replaces the sentence of the table. */
  detail?: string
  errors?: readonly FieldProblem[]
  /** Whole seconds, sent as Retry-After. */
  retryAfterSeconds?: number
  /** Why the session ended, with `session_ended` and its relatives. */
  endedReason?: string
  /** What the limits of this operation say now. */
  rateLimit?: RateLimitState
  cause?: unknown
}

/** The state of the tightest limit of an operation (draft-ietf-httpapi-ratelimit-headers). */
export interface RateLimitState {
  policies: readonly { name: string; quota: number; windowSeconds: number }[]
  name: string
  remaining: number
  resetSeconds: number
}

/** Next bundles copies of this module into one process: a refusal is known by its brand, not by its class. */
const brand = Symbol.for('session-management.problem')

/** A refusal. Anything else that is thrown is a fault of ours. */
export class Problem extends Error {
  readonly [brand] = true
  readonly code: ProblemCode
  readonly options: ProblemOptions

  constructor(code: ProblemCode, options: ProblemOptions = {}) {
    super(options.because ?? code, { cause: options.cause })
    this.name = 'Problem'
    this.code = code
    this.options = options
  }

  get status(): number {
    return problems[this.code].status
  }
}

export function isProblem(error: unknown): error is Problem {
  return error instanceof Error && brand in error
}
