import { startSocialSignInEndpoint } from '#lib/auth/social/start.endpoint.ts'
import { serve } from '#lib/http/serve.ts'

/**
 * @openapi
 * /api/auth/social/start:
 *   get:
 *     operationId: startSocialSignIn
 *     summary: Begin a sign-in with a provider, from a front end
 *     description: >-
 *       A navigation of the browser, no call. It ends at `return_to` with `code` and `state`, or with `error`, a code of this document, and `error_description`, a sentence for people. `POST /api/auth/social/exchange` makes tokens of the code, `POST /api/auth/social/link` connects what it stands for.
 *     tags: [browser]
 *     security: []
 *     parameters:
 *       - name: provider
 *         in: query
 *         required: true
 *         description: Its id.
 *         schema: { type: string }
 *       - name: return_to
 *         in: query
 *         required: true
 *         description: An address of the setting SOCIAL_RETURN_URLS, as it is written there.
 *         schema: { type: string, format: uri }
 *       - name: code_challenge
 *         in: query
 *         required: true
 *         description: BASE64URL(SHA256(verifier)), RFC 7636.
 *         schema: { type: string, pattern: '^[A-Za-z0-9_-]{43}$' }
 *       - name: code_challenge_method
 *         in: query
 *         required: true
 *         description: Nothing else will do.
 *         schema: { const: S256 }
 *       - name: state
 *         in: query
 *         required: false
 *         description: Given back as it came.
 *         schema: { type: string, maxLength: 512 }
 *     responses:
 *       "302":
 *         description: To the provider.
 */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = serve(startSocialSignInEndpoint)
