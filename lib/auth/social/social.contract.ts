import { z } from 'zod'
import { contract } from '#lib/http/contract.ts'
import { PresentedPassword } from '#lib/password/password.contract.ts'
import { BearerTokens, Done, Instant } from '#lib/session/session.contract.ts'

const provider = z.string().min(1).describe('Its id, as `GET /api/auth/providers` names it.')
const sha256 = /^[A-Za-z0-9_-]{43}$/

/** A navigation and no call: described in its route file. */
export const startSocialSignInContract = contract({
  operationId: 'startSocialSignIn',
  method: 'GET',
  path: '/api/auth/social/start',
  summary: 'Begin a sign-in with a provider, from a front end',
  description: 'The browser goes here; it ends at `return_to` with a code, or with an error.',
  tag: 'browser',
  principal: 'none',
  query: z.strictObject({
    provider,
    return_to: z.string().describe('An address of the setting SOCIAL_RETURN_URLS, as it is written there.'),
    code_challenge: z
      .string()
      .regex(sha256, 'This is no SHA-256 in base64url.')
      .describe('BASE64URL(SHA256(verifier)), RFC 7636 section 4.2.'),
    code_challenge_method: z.literal('S256'),
    state: z
      .string()
      .regex(/^[ -~]{0,512}$/, 'A state has up to 512 characters of printable ASCII.')
      .optional()
      .describe('Given back as it came (RFC 6749 appendix A.5).'),
  }),
  setsCookie: true,
  responses: { 302: z.literal('') },
  limits: ['dance'],
  problems: ['origin_refused', 'not_found', 'return_url_refused', 'provider_unavailable', 'social_refused'],
  mediaType: 'text/plain',
})

const Verifier = z
  .string()
  .regex(/^[A-Za-z0-9._~-]{43,128}$/, 'A verifier has 43 to 128 letters, digits, "-", ".", "_" or "~".')
  .describe('What the challenge was made of.')
  .meta({ writeOnly: true })

const Code = z.string().min(1).describe('The `code` that the browser came back with.')

export const exchangeSocialCodeContract = contract({
  operationId: 'exchangeSocialCode',
  method: 'POST',
  path: '/api/auth/social/exchange',
  summary: 'Sign in with the code of a provider',
  description:
    'The last step of a sign-in with others for a front end of another origin: the code that `return_to` got becomes tokens. It works once, for a minute, for whoever knows the verifier; presented again, it ends the session that it became. An identity that nobody has gets an account if its provider has verified the address, and nobody has that either.',
  tag: 'auth',
  principal: 'none',
  body: z.strictObject({ code: Code, code_verifier: Verifier, remember: z.boolean().default(true) }),
  responses: { 200: BearerTokens },
  limits: ['dance'],
  problems: [
    'sign_in_code_invalid',
    'account_exists',
    'account_disabled',
    'email_not_verified',
    'provider_email_unverified',
    'registration_closed',
    'rate_limited',
  ],
})

const proof = ['reauthentication_required', 'wrong_password', 'rate_limited', 'overloaded'] as const

export const linkSocialCodeContract = contract({
  operationId: 'linkSocialCode',
  method: 'POST',
  path: '/api/auth/social/link',
  summary: 'Connect an account at a provider',
  description:
    'With a code as for `exchangeSocialCode`: the identity that it stands for signs in to the account of the caller from now on. Needs the password, or a session that began within the last ten minutes. The owner is told by mail.',
  tag: 'auth',
  principal: 'session',
  body: z.strictObject({ code: Code, code_verifier: Verifier, password: PresentedPassword.optional() }),
  responses: { 200: Done },
  problems: ['sign_in_code_invalid', 'identity_taken', ...proof],
})

export const connectProviderContract = contract({
  operationId: 'connectProvider',
  method: 'POST',
  path: '/api/auth/social/connect',
  summary: 'Begin to connect an account at a provider, from our pages',
  description:
    'Answers with the address at the provider, for the same browser to go to; it comes back to the security page. Needs the session cookie, and the password or a session that began within the last ten minutes.',
  tag: 'auth',
  principal: 'session',
  body: z.strictObject({ provider, password: PresentedPassword.optional() }),
  form: { checkboxes: [] },
  setsCookie: true,
  responses: { 200: z.strictObject({ url: z.url() }).meta({ id: 'ProviderAddress' }) },
  problems: ['not_found', 'provider_unavailable', 'social_refused', ...proof],
})

export const Identity = z
  .strictObject({
    id: z.uuid(),
    provider: z.string(),
    name: z.string().describe('Of the provider, for people.'),
    email: z.string().nullable().describe('As the provider named it last. It signs nobody in.'),
    linked_at: Instant,
    last_used_at: Instant.nullable(),
  })
  .meta({ id: 'Identity' })

export const listIdentitiesContract = contract({
  operationId: 'listIdentities',
  method: 'GET',
  path: '/api/auth/social/identities',
  summary: 'Accounts at providers that sign in to mine',
  description: 'The first connected first.',
  tag: 'auth',
  principal: 'session',
  responses: {
    200: z
      .strictObject({ identities: z.array(Identity), has_password: z.boolean() })
      .meta({ id: 'Identities' }),
  },
  problems: [],
})

export const unlinkIdentityContract = contract({
  operationId: 'unlinkIdentity',
  method: 'DELETE',
  path: '/api/auth/social/identities/{id}',
  summary: 'Disconnect an account at a provider',
  description:
    'It signs in to the account no more. Refused for the last way in. Needs the password, or a session that began within the last ten minutes. The owner is told by mail.',
  tag: 'auth',
  principal: 'session',
  parameter: z.uuid(),
  body: z.strictObject({ password: PresentedPassword.optional() }),
  bodyOptional: true,
  form: { checkboxes: [] },
  responses: { 200: Done },
  problems: ['last_sign_in_method', ...proof],
})
