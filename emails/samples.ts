import type { MailTemplate, MailTemplates } from '#lib/mail/mail-templates.ts'

const occasion = {
  at: '2026-11-22T09:05:00.000Z',
  device: 'Firefox on Windows',
  address: '203.0.113.7',
}

/** What the preview and the tests show each template with. */
export const mailSamples: { readonly [Name in MailTemplate]: MailTemplates[Name] } = {
  verify_email: { ...occasion, requestId: null },
  welcome: { username: 'anna' },
  reset_password: { ...occasion, requestId: null },
  password_changed: { ...occasion, by: 'owner' },
  email_change_confirm: occasion,
  email_change_notice: { ...occasion, newEmail: 'anna@new.example' },
  new_device: occasion,
  sessions_ended_by_reuse: { ...occasion, device: null },
  account_exists: { ...occasion, address: '2001:db8:85a3::8a2e:370:7334' },
  identity_linked: { ...occasion, provider: 'Google' },
  identity_unlinked: { ...occasion, provider: 'Google' },
  account_claimed: { ...occasion, provider: 'Google' },
  account_deleted: { ...occasion, undoUntil: '2026-12-06T09:05:00.000Z' },
}
