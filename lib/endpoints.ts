import { changePasswordEndpoint } from './auth/change-password/change-password.endpoint.ts'
import { endOtherSessionsEndpoint } from './auth/end-other-sessions/end-other-sessions.endpoint.ts'
import { endSessionEndpoint } from './auth/end-session/end-session.endpoint.ts'
import { jwksEndpoint } from './auth/jwks/jwks.endpoint.ts'
import { listSessionsEndpoint } from './auth/list-sessions/list-sessions.endpoint.ts'
import { loginEndpoint } from './auth/login/login.endpoint.ts'
import { logoutEndpoint } from './auth/logout/logout.endpoint.ts'
import { meEndpoint } from './auth/me/me.endpoint.ts'
import { refreshEndpoint } from './auth/refresh/refresh.endpoint.ts'
import { registerEndpoint } from './auth/register/register.endpoint.ts'
import { setupEndpoint } from './auth/setup/setup.endpoint.ts'
import { docsFileEndpoint } from './docs/docs-file/docs-file.endpoint.ts'
import { errorPageEndpoint } from './docs/error-page/error-page.endpoint.ts'
import { referencePageEndpoint } from './docs/reference-page/reference-page.endpoint.ts'
import { startPageEndpoint } from './docs/start-page/start-page.endpoint.ts'
import { tryPageEndpoint } from './docs/try-page/try-page.endpoint.ts'
import { liveEndpoint } from './health/live.endpoint.ts'
import { metricsEndpoint } from './health/metrics.endpoint.ts'
import { readyEndpoint } from './health/ready.endpoint.ts'
import type { Endpoint } from './http/endpoint.ts'
import { openApiEndpoint } from './openapi/openapi.endpoint.ts'

/** Every operation of the product and the pages that describe them, whatever way they are served. */
export const endpoints: readonly Endpoint[] = [
  registerEndpoint,
  loginEndpoint,
  logoutEndpoint,
  meEndpoint,
  refreshEndpoint,
  changePasswordEndpoint,
  listSessionsEndpoint,
  endOtherSessionsEndpoint,
  endSessionEndpoint,
  setupEndpoint,
  jwksEndpoint,
  openApiEndpoint,
  liveEndpoint,
  readyEndpoint,
  metricsEndpoint,
  errorPageEndpoint,
  startPageEndpoint,
  tryPageEndpoint,
  referencePageEndpoint,
  docsFileEndpoint,
]
