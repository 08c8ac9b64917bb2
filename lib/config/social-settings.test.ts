import { describe, expect, test } from 'vitest'
import { readConfig } from './read-config.ts'

const strict = {
  DATABASE_URL: 'postgresql://localhost/auth',
  APP_URL: 'https://auth.example.com',
  AUTH_SECRET: 'a root secret of this test that is long enough',
  MAIL: 'off',
}
const now = new Date('2026-06-01T00:00:00Z')

function read(change: Record<string, string>) {
  const outcome = readConfig({ ...strict, ...change }, null, { hasPages: true, now })
  if (outcome.kind === 'refused') throw new Error(JSON.stringify(outcome.problems))
  return outcome.config.social
}

function problemsOf(change: Record<string, string>) {
  const outcome = readConfig({ ...strict, ...change }, null, { hasPages: true, now })
  return outcome.kind === 'refused' ? outcome.problems.map((one) => `${one.setting} ${one.problem}`) : []
}

const appleSecret = (expiresAt: string) =>
  `x.${Buffer.from(JSON.stringify({ exp: Date.parse(expiresAt) / 1000 })).toString('base64url')}.x`

test('nobody else vouches for a sign-in unless it is set up', () => {
  expect(read({})).toEqual({ providers: [], returnUrls: [] })
})

test('each provider that is set up is there, in the order of its button', () => {
  const names = ['GOOGLE', 'GITHUB', 'MICROSOFT_ENTRA_ID', 'APPLE', 'GITLAB', 'DISCORD', 'OIDC']
  const pairs = names.flatMap((name) => [
    [`AUTH_${name}_ID`, 'id'],
    [`AUTH_${name}_SECRET`, name === 'APPLE' ? appleSecret('2026-07-01') : 'secret'],
  ])
  const { providers } = read({
    ...Object.fromEntries(pairs),
    OIDC_ISSUER: 'https://id.example.com/realms/staff/',
    OIDC_NAME: 'Staff ID',
    AUTH_GITLAB_URL: 'https://git.example.com',
  })

  expect(providers.map(({ id, name, issuer }) => `${id} ${name} ${issuer}`)).toEqual([
    'google Google https://accounts.google.com',
    'github GitHub https://github.com',
    'microsoft-entra-id Microsoft https://login.microsoftonline.com/common/v2.0',
    'apple Apple https://appleid.apple.com',
    'gitlab GitLab https://git.example.com',
    'discord Discord https://discord.com',
    'oidc Staff ID https://id.example.com/realms/staff',
  ])
  expect(JSON.stringify(providers)).not.toContain('"secret"')
})

describe('a wrong configuration is a message at the start', () => {
  test.each<[Record<string, string>, string[]]>([
    [{ AUTH_GOOGLE_ID: 'x' }, ['AUTH_GOOGLE_SECRET is not set, and AUTH_GOOGLE_ID is']],
    [{ AUTH_GITHUB_SECRET: 'x' }, ['AUTH_GITHUB_ID is not set, and AUTH_GITHUB_SECRET is']],
    [
      { OIDC_ISSUER: 'https://id.example.com' },
      ['AUTH_OIDC_ID is not set, and OIDC_ISSUER is', 'AUTH_OIDC_SECRET is not set, and OIDC_ISSUER is'],
    ],
    [{ AUTH_OIDC_ID: 'x', AUTH_OIDC_SECRET: 'y' }, ['OIDC_ISSUER is not set, and AUTH_OIDC_ID is']],
    [
      { OIDC_ISSUER: 'http://id.example.com' },
      ['OIDC_ISSUER "http://id.example.com" is not an https address without a query'],
    ],
    [
      { OIDC_ISSUER: 'https://id.example.com/?x=1' },
      ['OIDC_ISSUER "https://id.example.com/?x=1" is not an https address without a query'],
    ],
    [
      { SOCIAL_RETURN_URLS: 'app.example.com' },
      ['SOCIAL_RETURN_URLS "app.example.com" is not the address of a page.'],
    ],
    [
      { SOCIAL_RETURN_URLS: 'https://app.example.com/a#b' },
      [
        'SOCIAL_RETURN_URLS "https://app.example.com/a#b" is not the address of a page. Did you mean https://app.example.com/a?',
      ],
    ],
    [
      { AUTH_APPLE_ID: 'x', AUTH_APPLE_SECRET: 'not a JWT' },
      ['AUTH_APPLE_SECRET is not the JWT that Apple asks for as a client secret'],
    ],
    [
      { AUTH_APPLE_ID: 'x', AUTH_APPLE_SECRET: appleSecret('2026-05-31') },
      ['AUTH_APPLE_SECRET ended on 2026-05-31'],
    ],
    [
      { AUTH_APPLE_ID: 'x', AUTH_APPLE_SECRET: appleSecret('2026-07-01'), APP_URL: 'http://localhost:8000' },
      ['AUTH_APPLE_ID is set, and Apple needs an APP_URL with https, also on this machine'],
    ],
  ])('%j', (change, expected) => {
    expect(problemsOf(change)).toEqual(expected)
  })
})
