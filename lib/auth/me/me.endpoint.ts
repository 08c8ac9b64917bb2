import { publicUser } from '#lib/auth/public-user.ts'
import { endpoint } from '#lib/http/endpoint.ts'
import { meContract } from './me.contract.ts'

export const meEndpoint = endpoint(meContract, async ({ principal: { user, session } }) => ({
  body: {
    ...publicUser(user),
    created_at: user.createdAt.toISOString(),
    session: {
      id: session.id,
      kind: session.kind,
      created_at: session.createdAt.toISOString(),
      expires_at: session.expiresAt.toISOString(),
      amr: session.amr,
    },
  },
}))
