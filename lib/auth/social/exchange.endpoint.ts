import { sessionAnswer } from '#lib/auth/session-answer.ts'
import { endpoint } from '#lib/http/endpoint.ts'
import type { BearerTokens } from '#lib/session/session.contract.ts'
import { exchangeCode } from './exchange-code.ts'
import { exchangeSocialCodeContract } from './social.contract.ts'

export const exchangeSocialCodeEndpoint = endpoint(
  exchangeSocialCodeContract,
  async ({ runtime, body, client }) => {
    const presented = { code: body.code, verifier: body.code_verifier }
    const issued = await exchangeCode(runtime, presented, { remember: body.remember, client })
    return { body: sessionAnswer(runtime.config, issued).body as BearerTokens }
  },
)
