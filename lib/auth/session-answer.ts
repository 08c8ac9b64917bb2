import type { Config } from '#lib/config/config.ts'
import type { IssuedSession } from '#lib/session/issued-session.ts'
import type { IssuedSession as IssuedSessionBody } from '#lib/session/session.contract.ts'
import { sessionCookie } from '#lib/session/session-cookie.ts'
import { publicUser } from './public-user.ts'

/** The answer that hands a session to its client: tokens in the body, or a cookie and no token anywhere else. */
export function sessionAnswer(config: Config, issued: IssuedSession) {
  const user = publicUser(issued.user)
  if (issued.kind === 'cookie') {
    const body: IssuedSessionBody = { expires_in: issued.expiresInSeconds, user }
    return { body, cookies: [sessionCookie(config, issued.credential, issued.maxAgeSeconds)] }
  }
  const body: IssuedSessionBody = {
    access_token: issued.accessToken.reveal(),
    refresh_token: issued.refreshToken.reveal(),
    token_type: 'bearer',
    expires_in: issued.expiresInSeconds,
    user,
  }
  return { body, cookies: [] }
}
