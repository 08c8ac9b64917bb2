import type { ApiClient } from './api-client.ts'
import {
  newPerson,
  obtainCode,
  type SocialStage,
  signInByCode,
  socialStageForThisTest,
} from './social-scenes.ts'
import type { Successes } from './success-scenes.ts'

const address = '203.0.113.7'
const anna = { email: 'anna@example.com', username: 'anna', password: 'a slow green ferry' }
const annaElsewhere = { ...newPerson(), email: anna.email, login: 'anna', name: 'Anna' }

async function signedIn(
  transport: 'bearer' | 'cookie' = 'bearer',
): Promise<SocialStage & { client: ApiClient }> {
  const { server, provider } = await socialStageForThisTest()
  const client = server.client({ address })
  await client.register(anna)
  await client.login({ ...anna, transport })
  return { server, provider, client }
}

async function sent(client: ApiClient, path: string, request: object, method = 'POST') {
  const headers = { origin: 'http://localhost:8000' }
  return { done: { request, answer: await client.send(path, { method, json: request, headers }) } }
}

/** How each operation succeeds that needs a provider beside the server, by its id. */
export const socialSuccesses: Record<string, () => Promise<Successes>> = {
  async exchangeSocialCode() {
    const scene = await socialStageForThisTest()
    const request = await obtainCode(scene, { person: annaElsewhere })
    return sent(scene.server.client({ address }), '/api/auth/social/exchange', request)
  },
  async linkSocialCode() {
    const scene = await signedIn()
    const code = await obtainCode(scene, { person: annaElsewhere })
    return sent(scene.client, '/api/auth/social/link', { ...code, password: anna.password })
  },
  async connectProvider() {
    const { client } = await signedIn('cookie')
    return sent(client, '/api/auth/social/connect', { provider: 'oidc', password: anna.password })
  },
  async listIdentities() {
    const { client } = await signInByCode(await socialStageForThisTest(), annaElsewhere)
    return { done: { answer: await client.send('/api/auth/social/identities') } }
  },
  async unlinkIdentity() {
    const scene = await signedIn()
    const { client } = scene
    await client.send('/api/auth/social/link', { json: await obtainCode(scene, { person: annaElsewhere }) })
    const [only] = (await client.send('/api/auth/social/identities')).body.identities
    const request = { password: anna.password }
    return sent(client, `/api/auth/social/identities/${only.id}`, request, 'DELETE')
  },
}
