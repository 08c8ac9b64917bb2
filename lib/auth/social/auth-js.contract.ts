import { z } from 'zod'
import { type Contract, contract } from '#lib/http/contract.ts'

/**
 * The actions of Auth.js that this server answers, in its own form, so that code which was written for it goes on
 * working. They are described for people in app/api/auth/[...nextauth]/route.ts.
 */

const common = { tag: 'browser', principal: 'none', setsCookie: true } as const
const anything = z.unknown()
/** Of the fields of a form, or of JSON. */
const ofFields = ['malformed_json', 'unsupported_media_type', 'invalid_request'] as const
const ofDance = ['not_found', 'rate_limited', 'provider_unavailable', 'social_refused'] as const

export const authJsProvidersContract = contract({
  ...common,
  operationId: 'authJsProviders',
  method: 'GET',
  path: '/api/auth/providers',
  summary: 'Providers that are set up',
  description: 'As Auth.js tells them.',
  responses: { 200: anything },
  problems: [],
})

export const authJsCsrfContract = contract({
  ...common,
  operationId: 'authJsCsrf',
  method: 'GET',
  path: '/api/auth/csrf',
  summary: 'Token of the forms of Auth.js',
  description: 'Its clients ask for one. What protects this server is the origin of a request.',
  responses: { 200: anything },
  problems: [],
})

export const authJsSessionContract = contract({
  ...common,
  operationId: 'authJsSession',
  method: 'GET',
  path: '/api/auth/session',
  summary: 'The session of the cookie',
  description: 'null when there is none, or it has ended. Reads no database, and keeps no session alive.',
  responses: { 200: anything },
  problems: [],
})

export const authJsUpdateContract = contract({
  ...common,
  operationId: 'authJsUpdate',
  method: 'POST',
  path: '/api/auth/session',
  summary: 'The session of the cookie, read again',
  description: 'Nothing of it can be changed by it.',
  responses: { 200: anything },
  problems: ofFields,
})

export const authJsSignInPageContract = contract({
  ...common,
  operationId: 'authJsSignInPage',
  method: 'GET',
  path: '/api/auth/signin',
  summary: 'Where people sign in',
  description: 'Leads to the sign-in page.',
  responses: { 302: anything },
  problems: ['not_found'],
})

export const authJsErrorPageContract = contract({
  ...common,
  operationId: 'authJsErrorPage',
  method: 'GET',
  path: '/api/auth/error',
  summary: 'Where people read what went wrong',
  description: 'Leads to the sign-in page.',
  responses: { 302: anything },
  problems: ['not_found'],
})

export const authJsSignOutContract = contract({
  ...common,
  operationId: 'authJsSignOut',
  method: 'POST',
  path: '/api/auth/signout',
  summary: 'Sign out of the session of the cookie',
  description: 'Ends it, for every process at once.',
  responses: { 200: anything, 302: anything },
  problems: ofFields,
})

/** Told by a page, or the front end; to whoever is no browser by these. */
const ending = [
  'origin_refused',
  ...ofDance,
  'social_cancelled',
  'social_state_lost',
  'provider_email_unverified',
  'account_exists',
  'account_disabled',
  'email_not_verified',
  'registration_closed',
  'identity_taken',
  'identity_not_connected',
  'unauthenticated',
  'invalid_token',
  'session_ended',
] as const

export const authJsSignInContract = contract({
  ...common,
  operationId: 'authJsSignIn',
  method: 'POST',
  path: '/api/auth/signin/{provider}',
  summary: 'Begin a sign-in with a provider',
  description: 'A form of a page, or JSON.',
  parameter: z.string(),
  responses: { 200: anything, 303: anything },
  limits: ['dance'],
  problems: [...ofFields, ...ofDance],
})

export const authJsCallbackContract = contract({
  ...common,
  operationId: 'authJsCallback',
  method: 'GET',
  path: '/api/auth/callback/{provider}',
  summary: 'The way back from a provider',
  description: 'The redirect address to name at the provider.',
  parameter: z.string(),
  responses: { 302: anything, 303: anything },
  limits: ['dance_end'],
  problems: ending,
})

export const authJsFormCallbackContract = contract({
  ...common,
  operationId: 'authJsFormCallback',
  method: 'POST',
  path: '/api/auth/callback/{provider}',
  summary: 'The way back from Apple, or signIn("credentials")',
  description: 'Apple posts a form. `credentials` is what signIn("credentials") of Auth.js posts to.',
  parameter: z.string(),
  responses: { 200: anything, 302: anything, 303: anything },
  limits: ['dance_end'],
  problems: [...ofFields, ...ending, 'invalid_credentials', 'overloaded'],
})

/** Beside the operations of this product: answered by the same table, and no part of its contracts. */
export const authJsContracts: readonly Contract[] = [
  authJsProvidersContract,
  authJsCsrfContract,
  authJsSessionContract,
  authJsUpdateContract,
  authJsSignInPageContract,
  authJsErrorPageContract,
  authJsSignOutContract,
  authJsSignInContract,
  authJsCallbackContract,
  authJsFormCallbackContract,
]
