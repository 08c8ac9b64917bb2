import {
  authJsCsrfEndpoint,
  authJsErrorPageEndpoint,
  authJsProvidersEndpoint,
  authJsSessionEndpoint,
  authJsSignInPageEndpoint,
  authJsSignOutEndpoint,
  authJsUpdateEndpoint,
} from '#lib/auth/social/auth-js.endpoint.ts'
import { authJsSignInEndpoint } from '#lib/auth/social/begin.endpoint.ts'
import { authJsCallbackEndpoint, authJsFormCallbackEndpoint } from '#lib/auth/social/callback.endpoint.ts'
import { serve } from '#lib/http/serve.ts'

/**
 * What callers get; the document has the refusals from the contracts (auth-js.contract.ts).
 *
 * @openapi
 * /api/auth/providers:
 *   get:
 *     operationId: authJsProviders
 *     summary: Providers that are set up
 *     description: >-
 *       As Auth.js tells them; `credentials` is the password.
 *     tags: [browser]
 *     security: []
 *     responses:
 *       "200":
 *         description: By id.
 *         content:
 *           application/json:
 *             schema: { type: object, additionalProperties: { type: object } }
 *             examples:
 *               done: { value: { google: { id: google, name: Google, type: oidc, signinUrl: https://auth.example.com/api/auth/signin/google, callbackUrl: https://auth.example.com/api/auth/callback/google } } }
 * /api/auth/csrf:
 *   get:
 *     operationId: authJsCsrf
 *     summary: Token of the forms of Auth.js
 *     description: >-
 *       Its clients ask for one. What protects this server is the origin of a request.
 *     tags: [browser]
 *     security: []
 *     responses:
 *       "200":
 *         description: The token.
 *         content:
 *           application/json:
 *             schema: { type: object, required: [csrfToken], properties: { csrfToken: { type: string } } }
 *             examples:
 *               done: { value: { csrfToken: 0f3a9c } }
 * /api/auth/session:
 *   get:
 *     operationId: authJsSession
 *     summary: The session of the cookie
 *     description: >-
 *       As `auth()` and `useSession()` of Auth.js have it: null when there is none, or it has ended. Reads no database while the live view is proven, and keeps no session alive. While nobody can tell it answers 503, never null.
 *     tags: [browser]
 *     security: [{}, { cookie: [] }]
 *     responses:
 *       "200":
 *         description: The session, or null.
 *         content:
 *           application/json:
 *             schema: { type: [object, 'null'], properties: { user: { type: object }, sessionId: { type: string, format: uuid }, expires: { type: string, format: date-time } } }
 *             examples:
 *               done: { value: { user: { id: '1', name: anna, email: anna@example.com, roles: [USER], emailVerified: true }, sessionId: 0197c0de-0000-7000-8000-000000000000, expires: '2026-12-22T09:05:00.000Z' } }
 *   post:
 *     operationId: authJsUpdate
 *     summary: The session of the cookie, read again
 *     description: >-
 *       `update()` of `useSession()`. Nothing can be changed by it.
 *     tags: [browser]
 *     security: [{}, { cookie: [] }]
 *     responses:
 *       "200":
 *         description: The session, or null.
 *         content:
 *           application/json:
 *             schema: { type: [object, 'null'], properties: { user: { type: object }, sessionId: { type: string, format: uuid }, expires: { type: string, format: date-time } } }
 *             examples:
 *               done: { value: { user: { id: '1', name: anna, email: anna@example.com, roles: [USER], emailVerified: true }, sessionId: 0197c0de-0000-7000-8000-000000000000, expires: '2026-12-22T09:05:00.000Z' } }
 * /api/auth/signin:
 *   get:
 *     operationId: authJsSignInPage
 *     summary: Where people sign in
 *     description: >-
 *       Leads to the sign-in page.
 *     tags: [browser]
 *     security: []
 *     responses:
 *       "302":
 *         description: The sign-in page.
 * /api/auth/error:
 *   get:
 *     operationId: authJsErrorPage
 *     summary: Where people read what went wrong
 *     description: >-
 *       Leads to the sign-in page, which says it.
 *     tags: [browser]
 *     security: []
 *     responses:
 *       "302":
 *         description: The sign-in page.
 * /api/auth/signout:
 *   post:
 *     operationId: authJsSignOut
 *     summary: Sign out of the session of the cookie
 *     description: >-
 *       Ends it, for every process at once. Use `POST /api/auth/logout` in new code.
 *     tags: [browser]
 *     security: [{}, { cookie: [] }]
 *     requestBody:
 *       required: true
 *       content:
 *         application/x-www-form-urlencoded:
 *           schema: { type: object, properties: { callbackUrl: { type: string, description: Where it leads then. } } }
 *           examples:
 *             begin: { value: { callbackUrl: /account } }
 *     responses:
 *       "200":
 *         description: Where it leads, for the client of Auth.js.
 *         content:
 *           application/json:
 *             schema: { type: object, required: [url], properties: { url: { type: string, format: uri } } }
 *             examples:
 *               done: { value: { url: https://auth.example.com/login?done=signed-out } }
 *       "302":
 *         description: Where it leads, for a form.
 * /api/auth/signin/{provider}:
 *   post:
 *     operationId: authJsSignIn
 *     summary: Begin a sign-in with a provider
 *     description: >-
 *       A form of our pages gets a page that leads to the provider; the client of Auth.js gets the address there. Sixty in ten minutes from one address.
 *     tags: [browser]
 *     security: []
 *     parameters:
 *       - name: provider
 *         in: path
 *         required: true
 *         description: Its id, as GET /api/auth/providers names it.
 *         schema: { type: string }
 *     requestBody:
 *       required: true
 *       content:
 *         application/x-www-form-urlencoded:
 *           schema: { type: object, properties: { callbackUrl: { type: string, description: Where it leads then. } } }
 *           examples:
 *             begin: { value: { callbackUrl: /account } }
 *     responses:
 *       "200":
 *         description: The address at the provider, for the client of Auth.js.
 *         content:
 *           application/json:
 *             schema: { type: object, required: [url], properties: { url: { type: string, format: uri } } }
 *             examples:
 *               done: { value: { url: https://accounts.google.com/o/oauth2/v2/auth?client_id=example } }
 *       "303":
 *         description: Back to the page with what is wrong, for a form.
 * /api/auth/callback/{provider}:
 *   get:
 *     operationId: authJsCallback
 *     summary: The way back from a provider
 *     description: >-
 *       The redirect address to name at the provider. Ends in a session of this browser, in a connected account, or in a code for the front end that began it. A hundred and twenty in ten minutes from one address.
 *     tags: [browser]
 *     security: []
 *     parameters:
 *       - name: provider
 *         in: path
 *         required: true
 *         description: Its id, as GET /api/auth/providers names it.
 *         schema: { type: string }
 *     responses:
 *       "302":
 *         description: To the front end that began it, or to the page that connects accounts. Nobody is signed in by it.
 *       "303":
 *         description: Signed in, to the page that was wanted. Refused, back to the page or the front end, with `social` or `error`.
 *   post:
 *     operationId: authJsFormCallback
 *     summary: The way back from Apple, or signIn("credentials")
 *     description: >-
 *       Apple posts a form. `credentials` is what `signIn("credentials")` of Auth.js posts to; it begins a session of the cookie transport, under the limits of `login`.
 *     tags: [browser]
 *     security: []
 *     parameters:
 *       - name: provider
 *         in: path
 *         required: true
 *         description: Its id, as GET /api/auth/providers names it.
 *         schema: { type: string }
 *     requestBody:
 *       required: true
 *       content:
 *         application/x-www-form-urlencoded:
 *           schema: { type: object, properties: { email: { type: string }, password: { type: string, format: password }, callbackUrl: { type: string } } }
 *           examples:
 *             password: { value: { email: anna@example.com, password: a slow green ferry, callbackUrl: /account } }
 *     responses:
 *       "200":
 *         description: Where it leads, for the client of Auth.js.
 *         content:
 *           application/json:
 *             schema: { type: object, required: [url], properties: { url: { type: string, format: uri } } }
 *             examples:
 *               done: { value: { url: https://auth.example.com/account } }
 *       "302":
 *         description: Where it leads, for a form of `credentials`.
 *       "303":
 *         description: As on the way back from the others; a refused form of `credentials` is led to the sign-in page.
 */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = serve(
  authJsProvidersEndpoint,
  authJsCsrfEndpoint,
  authJsSessionEndpoint,
  authJsUpdateEndpoint,
  authJsSignInPageEndpoint,
  authJsErrorPageEndpoint,
  authJsSignOutEndpoint,
  authJsSignInEndpoint,
  authJsCallbackEndpoint,
  authJsFormCallbackEndpoint,
)
