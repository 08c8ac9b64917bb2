import {
  cancelEmailChangeContract,
  changeEmailContract,
  confirmEmailChangeContract,
  undoEmailChangeContract,
} from './auth/change-email/change-email.contract.ts'
import { changePasswordContract } from './auth/change-password/change-password.contract.ts'
import { changePasswordPageContract } from './auth/change-password-page/change-password-page.contract.ts'
import { changeUsernameContract } from './auth/change-username/change-username.contract.ts'
import { deleteAccountContract } from './auth/delete-account/delete-account.contract.ts'
import { disownRegistrationContract } from './auth/disown-registration/disown-registration.contract.ts'
import { endOtherSessionsContract } from './auth/end-other-sessions/end-other-sessions.contract.ts'
import { endSessionContract } from './auth/end-session/end-session.contract.ts'
import { exportDataContract } from './auth/export-data/export-data.contract.ts'
import { forgotPasswordContract } from './auth/forgot-password/forgot-password.contract.ts'
import { jwksContract } from './auth/jwks/jwks.contract.ts'
import { listSessionsContract } from './auth/list-sessions/list-sessions.contract.ts'
import { loginContract } from './auth/login/login.contract.ts'
import { logoutContract } from './auth/logout/logout.contract.ts'
import { meContract } from './auth/me/me.contract.ts'
import { refreshContract } from './auth/refresh/refresh.contract.ts'
import { registerContract } from './auth/register/register.contract.ts'
import { resendVerificationContract } from './auth/resend-verification/resend-verification.contract.ts'
import { resetPasswordContract } from './auth/reset-password/reset-password.contract.ts'
import { setupContract } from './auth/setup/setup.contract.ts'
import { authJsContracts } from './auth/social/auth-js.contract.ts'
import {
  connectProviderContract,
  exchangeSocialCodeContract,
  linkSocialCodeContract,
  listIdentitiesContract,
  startSocialSignInContract,
  unlinkIdentityContract,
} from './auth/social/social.contract.ts'
import { verifyEmailContract } from './auth/verify-email/verify-email.contract.ts'
import { docsFileContract } from './docs/docs-file/docs-file.contract.ts'
import { errorPageContract } from './docs/error-page/error-page.contract.ts'
import { referencePageContract } from './docs/reference-page/reference-page.contract.ts'
import { startPageContract } from './docs/start-page/start-page.contract.ts'
import { tryPageContract } from './docs/try-page/try-page.contract.ts'
import { liveContract } from './health/live.contract.ts'
import { metricsContract } from './health/metrics.contract.ts'
import { readyContract } from './health/ready.contract.ts'
import type { Contract } from './http/contract.ts'
import { listCapturedMailContract } from './inbox/list-captured-mail.contract.ts'
import { showCapturedMailContract } from './inbox/show-captured-mail.contract.ts'
import { showInboxContract } from './inbox/show-inbox.contract.ts'
import { openApiContract } from './openapi/openapi.contract.ts'

/** The wire of the whole product; nothing here reaches the server side. */
export const contracts: readonly Contract[] = [
  registerContract,
  loginContract,
  logoutContract,
  meContract,
  changeUsernameContract,
  deleteAccountContract,
  refreshContract,
  changePasswordContract,
  listSessionsContract,
  endOtherSessionsContract,
  endSessionContract,
  verifyEmailContract,
  resendVerificationContract,
  disownRegistrationContract,
  forgotPasswordContract,
  resetPasswordContract,
  changeEmailContract,
  cancelEmailChangeContract,
  confirmEmailChangeContract,
  undoEmailChangeContract,
  exportDataContract,
  exchangeSocialCodeContract,
  linkSocialCodeContract,
  connectProviderContract,
  listIdentitiesContract,
  unlinkIdentityContract,
  setupContract,
  jwksContract,
  openApiContract,
  liveContract,
  readyContract,
  metricsContract,
  listCapturedMailContract,
]

/** Pages and their files, and where they are: served like the operations, and none of them. */
export const docsContracts: readonly Contract[] = [
  errorPageContract,
  startPageContract,
  tryPageContract,
  referencePageContract,
  docsFileContract,
  showInboxContract,
  showCapturedMailContract,
  changePasswordPageContract,
]

/** What browsers and the clients of Auth.js are led through: described in the route files that bind it. */
export const describedInRoutes: readonly Contract[] = [...authJsContracts, startSocialSignInContract]
