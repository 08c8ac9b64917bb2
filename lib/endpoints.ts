import { cancelEmailChangeEndpoint } from './auth/change-email/cancel-email-change.endpoint.ts'
import { changeEmailEndpoint } from './auth/change-email/change-email.endpoint.ts'
import { confirmEmailChangeEndpoint } from './auth/change-email/confirm-email-change.endpoint.ts'
import { undoEmailChangeEndpoint } from './auth/change-email/undo-email-change.endpoint.ts'
import { changePasswordEndpoint } from './auth/change-password/change-password.endpoint.ts'
import { changePasswordPageEndpoint } from './auth/change-password-page/change-password-page.endpoint.ts'
import { changeUsernameEndpoint } from './auth/change-username/change-username.endpoint.ts'
import { deleteAccountEndpoint } from './auth/delete-account/delete-account.endpoint.ts'
import { disownRegistrationEndpoint } from './auth/disown-registration/disown-registration.endpoint.ts'
import { endOtherSessionsEndpoint } from './auth/end-other-sessions/end-other-sessions.endpoint.ts'
import { endSessionEndpoint } from './auth/end-session/end-session.endpoint.ts'
import { exportDataEndpoint } from './auth/export-data/export-data.endpoint.ts'
import { forgotPasswordEndpoint } from './auth/forgot-password/forgot-password.endpoint.ts'
import { jwksEndpoint } from './auth/jwks/jwks.endpoint.ts'
import { listSessionsEndpoint } from './auth/list-sessions/list-sessions.endpoint.ts'
import { loginEndpoint } from './auth/login/login.endpoint.ts'
import { logoutEndpoint } from './auth/logout/logout.endpoint.ts'
import { meEndpoint } from './auth/me/me.endpoint.ts'
import { refreshEndpoint } from './auth/refresh/refresh.endpoint.ts'
import { registerEndpoint } from './auth/register/register.endpoint.ts'
import { resendVerificationEndpoint } from './auth/resend-verification/resend-verification.endpoint.ts'
import { resetPasswordEndpoint } from './auth/reset-password/reset-password.endpoint.ts'
import { setupEndpoint } from './auth/setup/setup.endpoint.ts'
import {
  authJsCsrfEndpoint,
  authJsErrorPageEndpoint,
  authJsProvidersEndpoint,
  authJsSessionEndpoint,
  authJsSignInPageEndpoint,
  authJsSignOutEndpoint,
  authJsUpdateEndpoint,
} from './auth/social/auth-js.endpoint.ts'
import { authJsSignInEndpoint } from './auth/social/begin.endpoint.ts'
import { authJsCallbackEndpoint, authJsFormCallbackEndpoint } from './auth/social/callback.endpoint.ts'
import { exchangeSocialCodeEndpoint } from './auth/social/exchange.endpoint.ts'
import {
  connectProviderEndpoint,
  linkSocialCodeEndpoint,
  listIdentitiesEndpoint,
  unlinkIdentityEndpoint,
} from './auth/social/identities.endpoint.ts'
import { startSocialSignInEndpoint } from './auth/social/start.endpoint.ts'
import { verifyEmailEndpoint } from './auth/verify-email/verify-email.endpoint.ts'
import { docsFileEndpoint } from './docs/docs-file/docs-file.endpoint.ts'
import { errorPageEndpoint } from './docs/error-page/error-page.endpoint.ts'
import { referencePageEndpoint } from './docs/reference-page/reference-page.endpoint.ts'
import { startPageEndpoint } from './docs/start-page/start-page.endpoint.ts'
import { tryPageEndpoint } from './docs/try-page/try-page.endpoint.ts'
import { liveEndpoint } from './health/live.endpoint.ts'
import { metricsEndpoint } from './health/metrics.endpoint.ts'
import { readyEndpoint } from './health/ready.endpoint.ts'
import type { Endpoint } from './http/endpoint.ts'
import { listCapturedMailEndpoint } from './inbox/list-captured-mail.endpoint.ts'
import { showCapturedMailEndpoint } from './inbox/show-captured-mail.endpoint.ts'
import { showInboxEndpoint } from './inbox/show-inbox.endpoint.ts'
import { openApiEndpoint } from './openapi/openapi.endpoint.ts'

/** Every operation of the product and the pages that describe them, whatever way they are served. */
export const endpoints: readonly Endpoint[] = [
  registerEndpoint,
  loginEndpoint,
  logoutEndpoint,
  meEndpoint,
  changeUsernameEndpoint,
  deleteAccountEndpoint,
  refreshEndpoint,
  changePasswordEndpoint,
  listSessionsEndpoint,
  endOtherSessionsEndpoint,
  endSessionEndpoint,
  verifyEmailEndpoint,
  resendVerificationEndpoint,
  disownRegistrationEndpoint,
  forgotPasswordEndpoint,
  resetPasswordEndpoint,
  changeEmailEndpoint,
  cancelEmailChangeEndpoint,
  confirmEmailChangeEndpoint,
  undoEmailChangeEndpoint,
  exportDataEndpoint,
  exchangeSocialCodeEndpoint,
  linkSocialCodeEndpoint,
  connectProviderEndpoint,
  listIdentitiesEndpoint,
  unlinkIdentityEndpoint,
  setupEndpoint,
  jwksEndpoint,
  openApiEndpoint,
  liveEndpoint,
  readyEndpoint,
  metricsEndpoint,
  listCapturedMailEndpoint,
  errorPageEndpoint,
  startPageEndpoint,
  tryPageEndpoint,
  referencePageEndpoint,
  docsFileEndpoint,
  showInboxEndpoint,
  showCapturedMailEndpoint,
  changePasswordPageEndpoint,
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
  startSocialSignInEndpoint,
]
