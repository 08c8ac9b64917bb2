import type { HostilePerson, RecordedRequest } from './hostile-control.ts'
import { type HostileRequest, type HostileState, personOf, sendJson } from './hostile-state.ts'
import { claimsOf, describedPerson, type Faults } from './hostile-tokens.ts'

/** UserInfo (OpenID Connect Core 1.0 section 5.3), GitHub's `/user` or its `/user/emails`. */
export function answerAboutUser(state: HostileState, request: HostileRequest): void {
  const { recorded } = request
  const grant = state.accessTokens.get(bearerOf(recorded.headers['authorization']))
  if (!grant) sendJson(request, 401, { error: 'invalid_token', message: 'Bad credentials' })
  else sendJson(request, 200, aboutUser(recorded, personOf(state, grant.flow), request.faults))
}

function aboutUser(
  { endpoint, personality }: RecordedRequest,
  person: HostilePerson,
  faults: Faults,
): object {
  const shown = describedPerson(person, faults)
  if (endpoint === 'emails') return emailsOf(shown)
  const other = faults.has('user-of-another') && { subject: String(Number(person.subject) + 1) }
  if (personality === 'openid') return claimsOf({ ...person, ...other }, faults)
  const { subject, login, name, publicEmail } = { ...shown, ...other }
  const id = faults.has('subject-missing') ? undefined : Number(subject)
  return { login, id, name, email: publicEmail, type: 'User' }
}

export function bearerOf(authorization = ''): string {
  return /^(?:Bearer|token) (\S+)$/i.exec(authorization)?.[1] ?? ''
}

/** The primary one stands last; those before it are verified, and not to be taken for it. */
function emailsOf({ email, emailVerified, login }: ReturnType<typeof describedPerson>): object[] {
  const others = [`second-${login}@example.com`, `${login}@noreply.example.com`]
  return [
    ...others.map((other) => ({ email: other, primary: false, verified: true, visibility: null })),
    ...(email === undefined
      ? []
      : [{ email, primary: true, verified: emailVerified, visibility: 'private' }]),
  ]
}
