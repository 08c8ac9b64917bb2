import type { Contract } from '#lib/http/contract.ts'
import type { ProblemCode } from '#lib/problems.ts'
import { type ApiClient, signIn } from './api-client.ts'
import type { TestAnswer } from './check-answer.ts'
import { testAppUrl } from './harness.ts'
import type { Fault } from './hostile-control.ts'
import { operationsWithProvider } from './scene-requests.ts'
import {
  dance,
  newPerson,
  obtainCode,
  type SocialStage,
  signInByCode,
  socialStageForThisTest,
  startOf,
} from './social-scenes.ts'

const exchangePath = '/api/auth/social/exchange'

async function exchange(stage: SocialStage, person = newPerson(), faults: Fault[] = []): Promise<TestAnswer> {
  return stage.server.client().send(exchangePath, { json: await obtainCode(stage, { person, faults }) })
}

/** Somebody has an account with the identity, which something happens to before they come again. */
async function again(
  variables: Record<string, string>,
  meanwhile: (stage: SocialStage) => Promise<unknown>,
): Promise<TestAnswer> {
  const stage = await socialStageForThisTest(variables)
  const { person } = await signInByCode(stage)
  await meanwhile(stage)
  return exchange(stage, person)
}

async function connecting(fault: Fault): Promise<TestAnswer> {
  const stage = await socialStageForThisTest()
  const client = stage.server.client()
  await signIn(client, 'cookie')
  await stage.provider.behave({ faults: [fault] })
  const sent = { json: { provider: 'oidc' }, headers: { origin: testAppUrl } }
  return client.send('/api/auth/social/connect', sent)
}

async function linking(client: ApiClient, stage: SocialStage, person = newPerson()): Promise<TestAnswer> {
  return client.send('/api/auth/social/link', { json: await obtainCode(stage, { person }) })
}

/** How the operations of sign-ins with others come to a refusal, where that needs a provider. */
const socialRefusals: Partial<Record<ProblemCode, (contract: Contract) => Promise<TestAnswer>>> = {
  account_disabled: () =>
    again({}, ({ server }) => server.database.sql('UPDATE users SET disabled_at = app_now()')),
  email_not_verified: () =>
    again({ EMAIL_VERIFICATION: 'required' }, ({ server }) =>
      server.database.sql('UPDATE users SET email_verified_at = NULL'),
    ),
  registration_closed: async () => exchange(await socialStageForThisTest({ REGISTRATION: 'closed' })),
  provider_email_unverified: async () =>
    exchange(await socialStageForThisTest(), newPerson(), ['email-unverified']),
  async account_exists() {
    const stage = await socialStageForThisTest()
    const { account } = await stage.server.client().register()
    await stage.server.database.sql('UPDATE users SET email_verified_at = app_now()')
    return exchange(stage, newPerson({ email: account.email }))
  },
  async identity_taken() {
    const stage = await socialStageForThisTest()
    const { person } = await signInByCode(stage)
    const client = stage.server.client()
    await signIn(client)
    return linking(client, stage, person)
  },
  async last_sign_in_method() {
    const { client } = await signInByCode(await socialStageForThisTest())
    const [only] = (await client.send('/api/auth/social/identities')).body.identities
    return client.send(`/api/auth/social/identities/${only.id}`, { method: 'DELETE', json: {} })
  },
  provider_unavailable: () => connecting('discovery-500'),
  social_refused: () => connecting('discovery-garbage'),
  async sign_in_code_invalid({ principal, path }) {
    const { server } = await socialStageForThisTest()
    const client = server.client()
    if (principal === 'session') await signIn(client)
    return client.send(path, { json: { code: 'invented', code_verifier: 'x'.repeat(43) } })
  },
}

/** What a browser meets on its way through a provider, which route files describe. */
export const refusalsOnTheWay = {
  async social_cancelled() {
    const stage = await socialStageForThisTest()
    return (await dance(stage, stage.server.client(), 'oidc', { faults: ['access-denied'] })).answer
  },
  async social_state_lost() {
    const { server } = await socialStageForThisTest()
    return server.client().send('/api/auth/callback/oidc?code=x&state=x')
  },
  async identity_not_connected() {
    const stage = await socialStageForThisTest()
    const client = stage.server.client()
    await dance(stage, client, 'oidc', { person: newPerson() })
    const fields = { _confirm: 'yes' }
    return (await dance(stage, client, 'oidc', { person: newPerson(), fields })).answer
  },
  async return_url_refused() {
    const { server } = await socialStageForThisTest()
    return server.client().send(startOf({ query: { return_to: 'https://evil.example/' } }).path)
  },
} satisfies Partial<Record<ProblemCode, () => Promise<TestAnswer>>>

/** The scene with a provider, for an operation and a refusal that need one. */
export function socially(code: ProblemCode, contract: Contract): Promise<TestAnswer> | undefined {
  return operationsWithProvider.has(contract.operationId) ? socialRefusals[code]?.(contract) : undefined
}

/** Refusals that take a provider, or, for those of no contract, the way of a browser through one. */
export type SocialCode =
  | 'social_cancelled'
  | 'social_state_lost'
  | 'social_refused'
  | 'provider_unavailable'
  | 'provider_email_unverified'
  | 'account_exists'
  | 'identity_taken'
  | 'identity_not_connected'
  | 'last_sign_in_method'
  | 'sign_in_code_invalid'
  | 'return_url_refused'
