import type { OIDCConfig } from '@auth/core/providers'
import { describe, expect, test } from 'vitest'
import type { SocialProviderId } from '#lib/config/config.ts'
import { Secret } from '#lib/crypto/secret.ts'
import type { Profile, ProvenIdentity } from '../proven-identity.ts'
import { toAuthProvider } from './providers.ts'

const issuer = 'https://id.example.com'
const claims = { iss: issuer, sub: '7', email: 'anna@example.com', email_verified: true }

/** What becomes of a profile, after an ID token with these claims was verified. */
async function identityOf(
  idTokenClaims: Profile | null,
  profile: Profile,
  id: SocialProviderId = 'oidc',
): Promise<ProvenIdentity> {
  const seen: ProvenIdentity[] = []
  const provider = toAuthProvider(
    { id, name: 'Harbour ID', clientId: 'x', clientSecret: new Secret('x'), issuer },
    {
      clock: { now: () => new Date(), monotonicMs: () => 0 },
      published: { kept: new Map(), readings: new Map() },
      trace: { idTokenClaims, isDown: false },
      onIdentity: (identity) => void seen.push(identity),
    },
  ) as unknown as OIDCConfig<Profile>
  await provider.profile?.(profile, {})
  const [identity] = seen
  if (!identity) throw new Error('nobody was told of an identity')
  return identity
}

describe('a profile of OpenID', () => {
  test.each<SocialProviderId>(['oidc', 'google', 'apple', 'microsoft-entra-id'])(
    'is nobody’s without an ID token that was verified here: %s',
    async (id) => {
      await expect(identityOf(null, claims, id)).rejects.toThrow('no ID token was verified')
    },
  )

  test('is of the subject of the ID token, or nobody’s', async () => {
    await expect(identityOf(claims, { ...claims, sub: '8' })).rejects.toThrow('another subject')
  })

  test('is of the issuer of the ID token', async () => {
    const tenant = 'https://id.example.com/tenant'
    expect(await identityOf({ ...claims, iss: tenant }, claims)).toMatchObject({
      issuer: tenant,
      subject: '7',
    })
  })

  test('that names an address says itself whether it is verified', async () => {
    const elsewhere = { sub: '7', email: 'other@example.com' }
    expect(await identityOf(claims, elsewhere)).toMatchObject({
      email: 'other@example.com',
      isEmailVerified: false,
    })
    expect(await identityOf(claims, { sub: '7' })).toMatchObject({
      email: 'anna@example.com',
      isEmailVerified: true,
    })
  })
})
