import { z } from 'zod'
import { contract } from '#lib/http/contract.ts'
import { PresentedPassword } from '#lib/password/password.contract.ts'
import { IssuedSession } from '#lib/session/session.contract.ts'

export const loginContract = contract({
  operationId: 'login',
  method: 'POST',
  path: '/api/auth/login',
  summary: 'Sign in',
  description:
    'Signs in with an email address or a user name. Five refused tries are free for an account, then each waits longer, up to 15 minutes; 20 refused tries in 5 minutes from one address, 200 from one IPv6 /48. With the setting LOGIN_FAILURE_STATUS=400, `invalid_credentials` comes with the status 400.',
  tag: 'auth',
  principal: 'none',
  body: z.object({
    email: z
      .string()
      .min(1, 'Enter your email address or user name.')
      .describe('Email address or user name.'),
    password: PresentedPassword,
    transport: z
      .enum(['bearer', 'cookie'])
      .default('bearer')
      .describe('cookie: no tokens in the body, Set-Cookie.'),
    remember: z.boolean().default(true).describe('false: 12 hours of disuse end the session.'),
  }),
  form: { checkboxes: ['remember'] },
  setsCookie: true,
  responses: { 200: IssuedSession },
  problems: [
    'invalid_credentials',
    'account_disabled',
    'email_not_verified',
    'cookie_needs_https',
    'overloaded',
  ],
  limits: ['address'],
  tellsRateLimit: true,
  startsCookieSession: (body) =>
    typeof body === 'object' && body !== null && Reflect.get(body, 'transport') === 'cookie',
})
