import { randomBytes } from 'node:crypto'
import { challengeOf } from './code-flow.ts'
import { plantedAccessToken, type RecordedRequest } from './hostile-control.ts'
import {
  type HostileGrant,
  type HostileRequest,
  type HostileState,
  personOf,
  sendJson,
} from './hostile-state.ts'
import { makeIdToken } from './hostile-tokens.ts'

/** Turns a code into tokens (RFC 6749 section 4.1.3, OpenID Connect Core 1.0 section 3.1.3). */
export async function answerToken(state: HostileState, request: HostileRequest): Promise<void> {
  const { recorded } = request
  const grant = state.codes.get(recorded.parameters['code'] ?? '')
  recorded.client = clientOf(state, recorded)
  recorded.pkce = pkceOf(recorded, grant)
  if (!recorded.client.isRight) refuse(request, 401, 'invalid_client')
  else if (!grant || !isGood(grant, request)) refuse(request, 400, 'invalid_grant')
  else await grantTokens(state, request, grant)
}

async function grantTokens(state: HostileState, request: HostileRequest, grant: HostileGrant): Promise<void> {
  grant.isUsed = true
  const accessToken = newAccessToken(request)
  state.accessTokens.set(accessToken, grant)
  if (request.recorded.personality === 'github') {
    sendAsAsked(request, { access_token: accessToken, token_type: 'bearer', scope: 'read:user,user:email' })
    return
  }
  const parts = {
    issuer: state.origin,
    clientId: grant.clientId,
    nonce: grant.nonce,
    person: personOf(state, grant.flow),
    nowMs: state.nowMs(),
  }
  const idToken = await makeIdToken(state.keys, parts, request.faults)
  const tokens = {
    access_token: accessToken,
    token_type: 'Bearer',
    expires_in: 3600,
    scope: 'openid email profile',
    ...(!request.faults.has('id-token-missing') && { id_token: idToken }),
  }
  if (request.faults.has('access-token-bare')) sendBare(request)
  else sendJson(request, 200, tokens, request.faults.has('token-marked') ? '\uFEFF' : '')
}

function newAccessToken({ faults }: HostileRequest): string {
  const token = randomBytes(24).toString('base64url')
  return faults.has('access-token-broken') ? `${plantedAccessToken}\n${token}` : token
}

function sendBare({ response }: HostileRequest): void {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(`{"access_token":${plantedAccessToken},"token_type":"bearer"}`)
}

function isGood(grant: HostileGrant, { recorded, faults }: HostileRequest): boolean {
  const { client, pkce, parameters, personality } = recorded
  const isProven = pkce === 'right' || (personality === 'github' && grant.challenge === undefined)
  return (
    !faults.has('token-refused') &&
    (!grant.isUsed || faults.has('code-reusable')) &&
    (isProven || faults.has('pkce-ignored')) &&
    grant.clientId === client?.id &&
    grant.redirectUri === parameters['redirect_uri']
  )
}

/** RFC 6749 section 2.3.1. */
function clientOf({ clients }: HostileState, recorded: RecordedRequest): RecordedRequest['client'] & object {
  const { parameters, headers } = recorded
  const [, encoded] = /^Basic (\S+)$/i.exec(headers['authorization'] ?? '') ?? []
  if (encoded) {
    const [id = '', secret = ''] = Buffer.from(encoded, 'base64').toString().split(':').map(decodeForm)
    return { method: 'client_secret_basic', id, isRight: clients.get(id)?.secret === secret }
  }
  const { client_id: id = '', client_secret: secret } = parameters
  const method = secret === undefined ? 'none' : 'client_secret_post'
  return { method, id, isRight: secret !== undefined && clients.get(id)?.secret === secret }
}

const decodeForm = (text: string) => decodeURIComponent(text.replaceAll('+', ' '))

function pkceOf(
  { parameters }: RecordedRequest,
  grant: HostileGrant | undefined,
): 'right' | 'wrong' | 'absent' {
  const verifier = parameters['code_verifier']
  if (verifier === undefined) return 'absent'
  return grant?.challenge === challengeOf(verifier) ? 'right' : 'wrong'
}

function refuse(request: HostileRequest, status: number, error: string): void {
  // GitHub refuses with status 200, and words of its own.
  const code = error === 'invalid_client' ? 'incorrect_client_credentials' : 'bad_verification_code'
  if (request.recorded.personality === 'openid') sendJson(request, status, { error })
  else sendAsAsked(request, { error: code, error_description: 'The code passed is incorrect or expired.' })
}

/** GitHub answers with a form to whom does not ask for JSON. */
function sendAsAsked(request: HostileRequest, body: Record<string, string>): void {
  const { recorded, response } = request
  if (recorded.headers['accept']?.includes('application/json')) sendJson(request, 200, body)
  else
    response
      .writeHead(200, { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' })
      .end(new URLSearchParams(body).toString())
}
