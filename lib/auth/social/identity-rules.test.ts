import { describe, expect, test } from 'vitest'
import type { AccountForSignIn } from '#db/queries/identities.ts'
import { judgeUsername } from '#lib/auth/identifiers.ts'
import type { SocialProviderId } from '#lib/config/config.ts'
import { Secret } from '#lib/crypto/secret.ts'
import { systemRandom } from '#lib/runtime/random.ts'
import { type IdentityFacts, judgeIdentity } from './identity-verdict.ts'
import { identityOf, type Profile } from './proven-identity.ts'
import { usernameCandidates } from './username-candidates.ts'

const provider = (id: SocialProviderId) => ({
  id,
  name: id,
  clientId: 'x',
  clientSecret: new Secret('x'),
  issuer: 'https://id.example.com',
})

describe('what a provider says of an address', () => {
  const address = { email: 'anna@example.com' }
  test.each<[SocialProviderId, Profile, boolean]>([
    ['google', { sub: '1', ...address, email_verified: true }, true],
    ['google', { sub: '1', ...address, email_verified: 'true' }, false],
    ['oidc', { sub: '1', ...address }, false],
    ['apple', { sub: '1', ...address, email_verified: 'true' }, true],
    ['apple', { sub: '1', ...address, email_verified: 'false' }, false],
    // Whoever runs a tenant writes any address into it.
    ['microsoft-entra-id', { sub: '1', ...address, email_verified: true }, false],
    ['microsoft-entra-id', { sub: '1', ...address, xms_edov: true }, true],
    ['github', { id: 1, ...address, email_verified: true }, true],
    ['github', { id: 1, ...address }, false],
    ['gitlab', { id: 1, ...address, confirmed_at: '2026-01-01T00:00:00Z' }, true],
    ['gitlab', { id: 1, ...address, confirmed_at: null }, false],
    ['discord', { id: '1', ...address, verified: true }, true],
    ['discord', { id: '1', ...address, verified: 'true' }, false],
  ])('%s %j: verified is %s', (id, profile, isVerified) => {
    expect(identityOf(provider(id), profile, null).isEmailVerified).toBe(isVerified)
  })

  test.each([null, 7, 'no address', 'a@b', 'Anna <anna@example.com>', 'a@x.example,b@y.example'])(
    'what is no address is none: %j',
    (email) => {
      const identity = identityOf(provider('google'), { sub: '1', email, email_verified: true }, null)
      expect(identity).toMatchObject({ email: null, isEmailVerified: false })
    },
  )

  test.each<[SocialProviderId, Profile]>([
    ['google', {}],
    ['google', { sub: '' }],
    ['google', { sub: 7 }],
    ['google', { sub: 'x'.repeat(256) }],
    ['github', { id: 0 }],
    ['github', { id: '1' }],
    ['github', { id: 2 ** 60 }],
    ['discord', { id: null }],
  ])('%s %j has no subject, so it is nobody', (id, profile) => {
    expect(() => identityOf(provider(id), profile, null)).toThrow('no subject')
  })
})

describe('what an identity earns', () => {
  const account: AccountForSignIn = {
    id: 1,
    email: 'anna@example.com',
    username: 'anna',
    emailVerifiedAt: new Date(0),
    disabledAt: null,
    deletedAt: null,
    sessionEpoch: 0,
    createdAt: new Date(0),
    roles: ['USER'],
    mayRestore: false,
  }
  const facts: IdentityFacts = {
    identity: { email: account.email, isEmailVerified: true },
    owner: null,
    addressee: null,
    rules: { registration: 'open', emailVerification: 'optional' },
  }
  const unproven = { ...account, emailVerifiedAt: null }
  const gone = { ...account, deletedAt: new Date(0) }
  const required = { registration: 'open', emailVerification: 'required' } as const

  test.each<[string, Partial<IdentityFacts>, string]>([
    ['nobody has it or its address', {}, 'create'],
    ['its owner', { owner: account }, 'sign_in'],
    [
      'its owner, whatever the address',
      { owner: account, identity: { email: null, isEmailVerified: false } },
      'sign_in',
    ],
    ['a disabled owner', { owner: { ...account, disabledAt: new Date(0) } }, 'account_disabled'],
    ['an owner who is gone', { owner: gone }, 'account_disabled'],
    ['an owner who may come back', { owner: { ...gone, mayRestore: true } }, 'sign_in'],
    ['an unproven owner where proof is required', { owner: unproven, rules: required }, 'email_not_verified'],
    [
      'an address that is not verified',
      { identity: { email: 'a@x.example', isEmailVerified: false } },
      'provider_email_unverified',
    ],
    [
      'an unverified address of an account',
      { identity: { email: account.email, isEmailVerified: false }, addressee: unproven },
      'provider_email_unverified',
    ],
    ['a proven account with the address', { addressee: account }, 'account_exists'],
    ['an unproven account with the address', { addressee: unproven }, 'claim'],
    [
      'a disabled account with the address',
      { addressee: { ...unproven, disabledAt: new Date(0) } },
      'account_disabled',
    ],
    ['a deleted account with the address', { addressee: gone }, 'account_disabled'],
    ['closed registration', { rules: { ...facts.rules, registration: 'closed' } }, 'registration_closed'],
    [
      'registration by invitation',
      { rules: { ...facts.rules, registration: 'invite' } },
      'registration_closed',
    ],
  ])('%s', (_, change, expected) => {
    const verdict = judgeIdentity({ ...facts, ...change })
    expect(verdict.kind === 'refused' ? verdict.code : verdict.kind).toBe(expected)
  })
})

describe('user names for a new account', () => {
  test.each([
    ['anna', null, 'anna'],
    ['Anna Maria', null, 'Anna-Maria'],
    ['anna@example.com', null, 'anna'],
    [null, 'anna.b+tag@example.com', 'anna.b-tag'],
    ['x', 'anna@example.com', 'anna'],
    ['an\u0430', 'anna@example.com', 'anna'],
    ['../../etc', null, 'etc'],
  ])('%s, %s: %s', (suggestedName, email, expected) => {
    expect(usernameCandidates({ suggestedName, email }, systemRandom)[0]).toBe(expected)
  })

  test.each([null, '', '  ', '<script>', '\u202e\u0000', '漢'.repeat(80)])(
    'whatever a provider says (%j), each is one that may be had',
    (suggestedName) => {
      const names = usernameCandidates({ suggestedName, email: null }, systemRandom)
      expect(names.length).toBeGreaterThan(0)
      for (const name of names) expect(judgeUsername(name), name).toBeNull()
    },
  )
})
