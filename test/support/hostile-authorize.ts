import { randomBytes } from 'node:crypto'
import type { HostileGrant, HostileRequest, HostileState } from './hostile-state.ts'
import { escapeHtml, htmlPage } from './loopback-server.ts'

/** Lets whoever comes pass, and sends the browser back with a code (RFC 6749 section 4.1.2), or with a fault. */
export function answerAuthorize(state: HostileState, request: HostileRequest): void {
  const { parameters } = request.recorded
  const client = state.clients.get(parameters['client_id'] ?? '')
  const redirectUri = parameters['redirect_uri'] ?? ''
  if (!client?.redirectUris.includes(redirectUri)) {
    const page = htmlPage('That did not work', '<p>Unknown application or redirect_uri.</p>')
    request.response.writeHead(400, { 'content-type': 'text/html; charset=utf-8' }).end(page)
    return
  }
  sendBack(request, redirectUri, { ...answerFor(state, request), ...companions(state, request) })
}

/** The code or the error. */
function answerFor(state: HostileState, request: HostileRequest): Record<string, string> {
  const { faults, recorded } = request
  const complaint = complaintOf(request)
  if (complaint) return { error: 'invalid_request', error_description: complaint }
  if (faults.has('access-denied')) return { error: 'access_denied', error_description: 'They said no.' }
  if (faults.has('server-error')) return { error: 'server_error', error_description: 'It broke.' }
  if (faults.has('error-with-markup'))
    return { error: `access_denied${markup}`, error_description: markup, error_uri: 'javascript:alert(1)' }
  if (faults.has('code-missing')) return {}
  const code = randomBytes(24).toString('base64url')
  state.codes.set(code, grantOf(recorded.parameters, recorded.flow, faults.has('code-of-another')))
  return { code }
}

const markup = '"><img src=x onerror=alert(1)>'

function complaintOf({ recorded: { parameters, personality } }: HostileRequest): string | null {
  const { response_type: type, scope, code_challenge: challenge } = parameters
  // GitHub knows neither response types nor nonces, and takes a challenge where one comes.
  if (personality === 'github') return challenge && !isS256(parameters) ? 'S256 only' : null
  if (type !== 'code') return 'response_type is not code'
  if (!scope?.split(' ').includes('openid')) return 'scope is without openid'
  return isS256(parameters) ? null : 'PKCE by S256 is required'
}

function isS256(parameters: Record<string, string>): boolean {
  const { code_challenge: challenge = '', code_challenge_method: method } = parameters
  return method === 'S256' && /^[\w-]{43}$/.test(challenge)
}

function grantOf(parameters: Record<string, string>, flow: string, isOfAnother: boolean): HostileGrant {
  return {
    clientId: parameters['client_id'] ?? '',
    redirectUri: parameters['redirect_uri'] ?? '',
    challenge: isOfAnother ? randomBytes(32).toString('base64url') : parameters['code_challenge'],
    nonce: isOfAnother ? 'of-another-flow' : parameters['nonce'],
    flow,
    isUsed: false,
  }
}

/** What comes with it: `state`, and `iss` by RFC 9207. */
function companions({ origin }: HostileState, { faults, recorded }: HostileRequest): Record<string, string> {
  const { state } = recorded.parameters
  const isWrong = faults.has('response-issuer-wrong')
  const hasIssuer = isWrong || (recorded.personality === 'openid' && !faults.has('response-issuer-missing'))
  return {
    ...(state !== undefined && !faults.has('state-missing') && { state }),
    ...(faults.has('state-wrong') && { state: 'of-another-flow' }),
    ...(hasIssuer && { iss: isWrong ? 'https://issuer.example.com' : origin }),
  }
}

/** By redirect, or by a form that posts itself (OAuth 2.0 Form Post Response Mode). */
function sendBack(
  { recorded, response }: HostileRequest,
  redirectUri: string,
  answer: Record<string, string>,
) {
  if (recorded.parameters['response_mode'] === 'form_post') {
    const inputs = Object.entries(answer).map(
      ([name, value]) => `<input type="hidden" name="${name}" value="${escapeHtml(value)}">`,
    )
    const form = `<form method="post" action="${escapeHtml(redirectUri)}">${inputs.join('')}
<button>Continue</button></form><script>document.forms[0].submit()</script>`
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(htmlPage('One moment', form))
    return
  }
  const url = new URL(redirectUri)
  for (const [name, value] of Object.entries(answer)) url.searchParams.set(name, value)
  response.writeHead(302, { location: url.href }).end()
}
