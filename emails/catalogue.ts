import type { MailTemplate } from '#lib/mail/mail-templates.ts'
import {
  accountDeleted,
  accountExists,
  emailChangeConfirm,
  emailChangeNotice,
  resetPassword,
  verifyEmail,
  welcome,
} from './account-views.tsx'
import { accountClaimed, identityLinked, identityUnlinked } from './identity-views.tsx'
import type { MailView } from './mail-view.ts'
import { newDevice, passwordChanged, sessionsEndedByReuse } from './security-views.tsx'

/** Every template with its view. */
export const mailViews: { readonly [Name in MailTemplate]: MailView<Name> } = {
  verify_email: verifyEmail,
  welcome,
  reset_password: resetPassword,
  password_changed: passwordChanged,
  email_change_confirm: emailChangeConfirm,
  email_change_notice: emailChangeNotice,
  new_device: newDevice,
  sessions_ended_by_reuse: sessionsEndedByReuse,
  account_exists: accountExists,
  identity_linked: identityLinked,
  identity_unlinked: identityUnlinked,
  account_claimed: accountClaimed,
  account_deleted: accountDeleted,
}
