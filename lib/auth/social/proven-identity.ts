import { isMailAddress, normaliseMailAddress } from '#lib/auth/identifiers.ts'
import type { SocialProvider, SocialProviderId } from '#lib/config/config.ts'

/** Who a provider says that somebody is, after everything that it says was verified. */
export interface ProvenIdentity {
  provider: SocialProviderId
  /** With the subject, the name of the identity. */
  issuer: string
  subject: string
  /** Null when the provider names none, or something that is no address. */
  email: string | null
  /** True only where the provider says so itself. */
  isEmailVerified: boolean
  /** What a user name may be made of. */
  suggestedName: string | null
}

/** What a provider told: the claims of a verified ID token, or what its API answered. */
export type Profile = Record<string, unknown>

const subjectLengthMax = 255
const suggestedLengthMax = 64

/**
 * Reads what a provider told. Nothing here trusts a name or an address: the subject alone names the identity.
 *
 * @param issuer  of the verified ID token; null for a provider that has none
 * @throws TypeError for a profile without a subject
 */
export function identityOf(
  provider: SocialProvider,
  profile: Profile,
  issuer: string | null,
): ProvenIdentity {
  const told = readers[provider.id](profile)
  const subject = typeof told.subject === 'number' ? String(told.subject) : told.subject
  if (typeof subject !== 'string' || !isSubject(subject)) {
    throw new TypeError('the profile has no subject')
  }
  const address = typeof told.email === 'string' && isMailAddress(told.email) ? told.email : null
  return {
    provider: provider.id,
    issuer: issuer ?? provider.issuer,
    subject,
    email: address === null ? null : normaliseMailAddress(address),
    isEmailVerified: address !== null && told.isEmailVerified,
    suggestedName: typeof told.name === 'string' ? readName(told.name) : null,
  }
}

/** Control characters, and halves of letters: a database keeps none of the first and mistakes the second for one. */
const unkept = /[\p{Cc}\p{Cs}]/u

function isSubject(text: string): boolean {
  return text !== '' && text.length <= subjectLengthMax && !unkept.test(text)
}

function readName(text: string): string {
  return [...text]
    .slice(0, suggestedLengthMax)
    .filter((letter) => !unkept.test(letter))
    .join('')
}

interface Told {
  subject: unknown
  email: unknown
  isEmailVerified: boolean
  name: unknown
}

const readers: Record<SocialProviderId, (profile: Profile) => Told> = {
  google: readClaims,
  oidc: readClaims,
  // Says true and "true".
  apple: (profile) => ({ ...readClaims(profile), isEmailVerified: isTrue(profile['email_verified']) }),
  'microsoft-entra-id': (profile) => ({
    ...readClaims(profile),
    // Whoever runs a tenant writes any address into it; this optional claim alone says that the domain is theirs.
    isEmailVerified: isTrue(profile['xms_edov']),
  }),
  github: ({ id, email, email_verified: verified, login }) => ({
    subject: numericId(id),
    email,
    isEmailVerified: verified === true,
    name: login,
  }),
  gitlab: ({ id, email, confirmed_at: confirmedAt, username }) => ({
    subject: numericId(id),
    email,
    isEmailVerified: typeof confirmedAt === 'string' && confirmedAt !== '',
    name: username,
  }),
  discord: ({ id, email, verified, username }) => ({
    subject: id,
    email,
    isEmailVerified: verified === true,
    name: username,
  }),
}

function readClaims(profile: Profile): Told {
  return {
    subject: typeof profile['sub'] === 'string' ? profile['sub'] : null,
    email: profile['email'],
    isEmailVerified: profile['email_verified'] === true,
    name: profile['preferred_username'] ?? profile['name'],
  }
}

function isTrue(value: unknown): boolean {
  return value === true || value === 'true' || value === 1 || value === '1'
}

function numericId(value: unknown): number | null {
  return Number.isSafeInteger(value) && Number(value) > 0 ? Number(value) : null
}
