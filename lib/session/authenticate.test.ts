import { describe, expect, test } from 'vitest'
import { type ApiClient, signIn } from '#test/support/api-client.ts'
import { forgeJwt, hmacSigner } from '#test/support/forged-jwt.ts'
import { serverForThisTest } from '#test/support/harness.ts'

const sharedSecret = 'a secret that old resource servers share with us'

/** A server whose access tokens a resource server could forge, with somebody signed in. */
async function sharingServer(variables: Record<string, string> = {}) {
  const own = await serverForThisTest({ JWT_ALGORITHM: 'HS256', JWT_SECRET: sharedSecret, ...variables })
  const victim = own.client()
  await signIn(victim)
  const [, payload = ''] = victim.accessToken?.split('.') ?? []
  return { own, victim, claims: JSON.parse(Buffer.from(payload, 'base64url').toString()) }
}

async function sendForged(client: ApiClient, claims: object) {
  client.accessToken = await forgeJwt({ alg: 'HS256', typ: 'at+jwt' }, claims, hmacSigner(sharedSecret))
  return client.me()
}

describe('who holds the shared secret of HS256 harms nobody but the users they pretend to be', () => {
  test.each(['on', 'off'])(
    'a token for a session of no possible id is 401, and the checks beside it go on (LIVE_VIEW=%s)',
    async (liveView) => {
      const { own, victim, claims } = await sharingServer({ LIVE_VIEW: liveView })
      const forger = own.client()

      const answers = await Promise.all([
        ...Array.from({ length: 10 }, () => sendForged(forger, { ...claims, sid: 'x' })),
        ...Array.from({ length: 10 }, () => victim.me()),
      ])

      for (const answer of answers.slice(0, 10)) expect(answer).toBeProblem(401, 'invalid_token')
      for (const answer of answers.slice(10)) expect(answer.status).toBe(200)
    },
  )

  test.each(['on', 'off'])(
    'a token that names a session of somebody else is 401, and its owner stays signed in (LIVE_VIEW=%s)',
    async (liveView) => {
      const { own, victim, claims } = await sharingServer({ LIVE_VIEW: liveView })

      const forged = await sendForged(own.client(), { ...claims, sub: String(Number(claims.sub) + 1) })

      expect(forged).toBeProblem(401, 'session_ended')
      expect((await victim.me()).status).toBe(200)
    },
  )
})
