import { describe, expect, test } from 'vitest'
import { type ProblemCode, problems } from '#lib/problems.ts'
import type { ApiClient } from '#test/support/api-client.ts'
import { type Fault, plantedAccessToken } from '#test/support/hostile-control.ts'
import {
  begin,
  comeBack,
  type Danced,
  dance,
  danceForFrontEnd,
  newPerson,
  passProvider,
  type SocialId,
  type SocialStage,
  socialStageForThisTest,
  useSocialServer,
} from '#test/support/social-scenes.ts'

const stage = useSocialServer()

/** What a refused sign-in must not leave behind. */
async function tracesOf({ server }: SocialStage, email: string) {
  const [row] = await server.database.sql<{ users: number; sessions: number; identities: number }>(
    `SELECT (SELECT count(*)::int FROM users WHERE email LIKE '%' || $1) AS users,
       (SELECT count(*)::int FROM sessions) AS sessions, (SELECT count(*)::int FROM identities) AS identities`,
    [email],
  )
  return row
}

async function expectRefused(
  on: SocialStage,
  code: ProblemCode,
  act: (client: ApiClient, person: ReturnType<typeof newPerson>) => Promise<Danced>,
): Promise<void> {
  const client = on.server.client({ address: uniqueAddress() })
  const person = newPerson()
  const before = await tracesOf(on, person.email)

  const { answer } = await act(client, person)

  expect(answer).toBeProblem(problems[code].status, code)
  expect(answer.body.detail).toMatch(/^[A-Z].*\.$/)
  expect(answer.text).not.toMatch(/[<>]/)
  expect((await client.send('/api/auth/session')).text).toBe('null')
  expect([...client.cookies.keys()].filter((name) => name.startsWith('session'))).toEqual([])
  expect(await tracesOf(on, person.email)).toEqual(before)
  const events = await on.server.database.sql(
    `SELECT name, user_id, details FROM audit_events WHERE name = 'social_sign_in_refused'
       AND client_address = $1 ORDER BY id DESC LIMIT 1`,
    [lastAddress],
  )
  expect(events).toEqual([
    { name: 'social_sign_in_refused', user_id: null, details: { provider: expect.any(String), code } },
  ])
}

let addresses = 0
let lastAddress = ''
function uniqueAddress(): string {
  addresses += 1
  lastAddress = `192.0.2.${addresses}`
  return lastAddress
}

function refusedFaults(id: SocialId, code: ProblemCode, faults: readonly Fault[]) {
  test.each(faults)(`%s (${id}): ${code}, and no account, session or identity is left behind`, (fault) =>
    expectRefused(stage, code, (client, person) => dance(stage, client, id, { person, faults: [fault] })),
  )
}

describe('an answer of the provider that does not hold is refused', () => {
  refusedFaults('oidc', 'social_state_lost', ['state-wrong', 'state-missing'])
  refusedFaults('oidc', 'social_refused', [
    'response-issuer-wrong',
    'response-issuer-missing',
    'code-missing',
    'code-of-another',
  ])
  refusedFaults('github', 'social_state_lost', ['state-wrong', 'state-missing'])
  refusedFaults('github', 'social_refused', ['code-missing', 'code-of-another'])
})

describe('an ID token that does not hold is refused', () => {
  refusedFaults('oidc', 'social_refused', [
    'issuer-wrong',
    'audience-wrong',
    'party-wrong',
    'party-missing',
    'nonce-wrong',
    'nonce-missing',
    'signature-wrong',
    'signature-missing',
    'key-unknown',
    'key-embedded',
    'alg-none',
    'alg-hs256',
    'expired',
    'issued-in-future',
    'not-yet-valid',
    'subject-missing',
    'subject-empty',
    'id-token-missing',
    'user-of-another',
  ])
})

describe('an ID token is looked at whatever stands around it', () => {
  test('a byte order mark does not hide it', async () => {
    const client = stage.server.client()
    const { answer } = await dance(stage, client, 'oidc', { person: newPerson(), faults: ['token-marked'] })
    expect(answer.status).toBe(303)
  })

  test.each<Fault>(['signature-wrong', 'signature-missing', 'key-unknown', 'issued-in-future'])(
    'a byte order mark does not hide that it does not hold: %s',
    (fault) =>
      expectRefused(stage, 'social_refused', (client, person) =>
        dance(stage, client, 'oidc', { person, faults: [fault, 'token-marked'] }),
      ),
  )
})

describe('a provider that fails is told from one that lies', () => {
  refusedFaults('oidc', 'provider_unavailable', ['token-500', 'token-cut', 'token-endless', 'server-error'])
  refusedFaults('oidc', 'social_refused', [
    'token-garbage',
    'token-html',
    'token-empty',
    'token-refused',
    'user-garbage',
    'user-empty',
  ])
  refusedFaults('oidc', 'provider_unavailable', ['user-500', 'user-cut'])
  refusedFaults('oidc', 'provider_unavailable', ['token-bomb', 'user-bomb'])
  refusedFaults('oidc', 'social_refused', ['access-token-broken', 'access-token-bare'])
  refusedFaults('github', 'provider_unavailable', ['token-500', 'user-500', 'emails-cut', 'emails-bomb'])
  refusedFaults('github', 'social_refused', ['token-garbage', 'user-garbage', 'user-html'])

  test('one that never answers is given up after five seconds', async () => {
    const startedMs = performance.now()
    await expectRefused(stage, 'provider_unavailable', (client, person) =>
      dance(stage, client, 'oidc', { person, faults: ['token-silent'] }),
    )
    expect(performance.now() - startedMs).toBeLessThan(8000)
  }, 15_000)

  test.each<Fault>(['token-redirect', 'user-redirect'])(
    '%s: secrets are carried nowhere else',
    async (fault) => {
      await expectRefused(stage, 'social_refused', (client, person) =>
        dance(stage, client, 'oidc', { person, faults: [fault] }),
      )
      expect((await stage.provider.requests()).filter(({ endpoint }) => endpoint === 'elsewhere')).toEqual([])
    },
  )

  test.each<[Fault, ProblemCode]>([
    ['jwks-500', 'provider_unavailable'],
    ['jwks-garbage', 'social_refused'],
    ['jwks-foreign', 'social_refused'],
    ['jwks-bomb', 'provider_unavailable'],
    ['jwks-redirect', 'social_refused'],
  ])('%s: %s', async (fault, code) => {
    const own = await socialStageForThisTest()
    await own.provider.behave({ faults: [fault] })
    await expectRefused(own, code, (client, person) => dance(own, client, 'oidc', { person }))
  })

  test.each<[Fault, ProblemCode]>([
    ['discovery-500', 'provider_unavailable'],
    ['discovery-cut', 'provider_unavailable'],
    ['discovery-garbage', 'social_refused'],
    ['discovery-foreign-issuer', 'social_refused'],
    ['discovery-bomb', 'provider_unavailable'],
    ['discovery-redirect', 'social_refused'],
    ['discovery-script-address', 'social_refused'],
    ['discovery-plain-address', 'social_refused'],
  ])('%s: the sign-in does not even begin (%s)', async (fault, code) => {
    const own = await socialStageForThisTest()
    await own.provider.behave({ faults: [fault] })
    const client = own.server.client()
    const answer = await client.send('/api/auth/signin/oidc', {
      json: { callbackUrl: '/account' },
      headers: { origin: 'http://localhost:8000' },
    })
    expect(answer).toBeProblem(problems[code].status, code)
    // It is looked at again the next time: what was wrong is not kept.
    await own.provider.reset()
    await own.provider.behave({})
    const { answer: later } = await dance(own, own.server.client(), 'oidc', { person: newPerson() })
    expect(later.status).toBe(303)
  })
})

describe('a person is asked for more than a name', () => {
  refusedFaults('oidc', 'provider_email_unverified', [
    'email-unverified',
    'email-verified-missing',
    'email-verified-as-text',
    'email-missing',
  ])
  refusedFaults('github', 'provider_email_unverified', ['email-unverified', 'email-missing'])
  refusedFaults('oidc', 'social_cancelled', ['access-denied'])
  refusedFaults('oidc', 'social_refused', ['error-with-markup'])
})

describe('for a front end of another origin', () => {
  test.each<[Fault, ProblemCode]>([
    ['access-denied', 'social_cancelled'],
    ['signature-wrong', 'social_refused'],
    ['token-500', 'provider_unavailable'],
    ['error-with-markup', 'social_refused'],
  ])('%s ends at its own address with %s and a sentence', async (fault, code) => {
    const { location } = await danceForFrontEnd(stage, { faults: [fault], person: newPerson() })

    expect(location.origin).toBe('http://127.0.0.1:5173')
    expect(location.searchParams.get('error')).toBe(code)
    expect(location.searchParams.get('error_description')).toBe(problems[code].detail)
    expect(location.searchParams.get('state')).toBe('of the front end')
    expect(location.searchParams.has('code')).toBe(false)
  })
})

test('nothing of a secret or a token is in the log of refused sign-ins', async () => {
  const text = JSON.stringify(stage.server.logs)
  expect(text).toContain('social_sign_in_refused')
  for (const secret of ['a client secret of the tests', 'eyJ', plantedAccessToken.slice(0, 6)])
    expect(text).not.toContain(secret)
})

test.each<Fault[][]>([[[]], [['signature-wrong']], [['token-500']], [['user-500']], [['access-denied']]])(
  'what a dance is made of is in no log line and no row: %j',
  async (faults) => {
    const client = stage.server.client()
    const flow = await stage.provider.openFlow({ faults, person: newPerson() })
    const away = await begin(client, 'oidc')
    const cookies = [...client.cookies.values()]
    const back = await passProvider(away, `${flow.cookie.name}=${flow.cookie.value}`)
    await comeBack(client, back)
    const asked = await stage.provider.requests(flow.id)

    const inWay = [away, back].flatMap((url) => {
      const { searchParams } = new URL(url)
      return ['state', 'nonce', 'code'].map((name) => searchParams.get(name))
    })
    const inRequests = asked.flatMap(({ parameters, headers }) => [
      parameters['code_verifier'],
      headers['authorization']?.split(' ')[1],
    ])
    const secrets = [...cookies, ...inWay, ...inRequests].filter((text) => text)
    expect(secrets.length).toBeGreaterThan(5)
    const rows = await stage.server.database.sql(
      `SELECT to_jsonb(a) FROM audit_events a UNION ALL SELECT to_jsonb(i) FROM identities i
       UNION ALL SELECT to_jsonb(s) FROM sessions s UNION ALL SELECT to_jsonb(m) FROM mail_messages m`,
    )
    const kept = JSON.stringify([stage.server.logs, rows])
    for (const secret of secrets) expect(kept).not.toContain(secret)
  },
)
