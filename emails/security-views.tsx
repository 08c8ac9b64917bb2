import { MailFrame } from './mail-frame.tsx'
import { Action, Facts, NotYou, Paragraph, WarningLink } from './mail-parts.tsx'
import type { MailView } from './mail-view.ts'

export const passwordChanged: MailView<'password_changed'> = {
  subject: ({ appName }) => `Your ${appName} password was changed`,
  body: ({ appName, pagesUrl, props }) => (
    <MailFrame
      appName={appName}
      preview="All other devices were signed out."
      heading="Your password was changed"
      reason={`You get this because the password of your account at ${appName} was changed.`}
    >
      <Paragraph>
        {props.by === 'reset'
          ? 'A new password was set with a link from a message to this address. All devices were signed out.'
          : 'The password of your account was changed. All other devices were signed out.'}{' '}
        If that was you, there is nothing to do.
      </Paragraph>
      <Facts {...props} />
      <NotYou>
        Choose a new password now. It signs out everybody else.
        {props.by === 'reset' ? ' Then change the password of this mailbox too.' : ''}
      </NotYou>
      <Action href={`${pagesUrl}/forgot`} label="Choose a new password" />
    </MailFrame>
  ),
}

export const newDevice: MailView<'new_device'> = {
  subject: ({ appName }) => `New sign-in to your ${appName} account`,
  body: ({ appName, pagesUrl, props }) => (
    <MailFrame
      appName={appName}
      preview={`${props.device ?? 'A device'} signed in to your account.`}
      heading="A new device signed in"
      reason={`You get this because a device that was not seen before signed in to your account at ${appName}.`}
    >
      <Paragraph>
        Somebody signed in to your account from a device that was not seen with it before.
      </Paragraph>
      <Facts {...props} />
      <NotYou>
        Sign that device out on the page of your devices, and{' '}
        <WarningLink href={`${pagesUrl}/forgot`}>choose a new password</WarningLink>: whoever it was knows the
        one you have.
      </NotYou>
      <Action href={`${pagesUrl}/account/sessions`} label="Look at my devices" />
    </MailFrame>
  ),
}

export const sessionsEndedByReuse: MailView<'sessions_ended_by_reuse'> = {
  subject: ({ appName }) => `A ${appName} session was ended for your safety`,
  body: ({ appName, pagesUrl, props }) => (
    <MailFrame
      appName={appName}
      preview="Somebody presented an old token of it."
      heading="We ended a session of yours"
      reason={`You get this because a session of your account at ${appName} was ended for your safety.`}
    >
      <Paragraph>
        An old token of this session was presented again. That happens when a copy of it was stolen, and
        sometimes when an app is restored from a backup. We cannot tell which of the two holders is you, so we
        ended the session for both. Sign in again to go on.
      </Paragraph>
      <Facts {...props} />
      <NotYou>
        <WarningLink href={`${pagesUrl}/forgot`}>Choose a new password</WarningLink>, which signs out
        everybody, and look through your own devices for what could have been stolen.
      </NotYou>
      <Action href={`${pagesUrl}/account/sessions`} label="Look at my devices" />
    </MailFrame>
  ),
}
