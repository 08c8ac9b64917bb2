import { MailFrame } from './mail-frame.tsx'
import { Action, Code, Facts, NotYou, Paragraph, TextLink, timeInWords } from './mail-parts.tsx'
import type { MailView } from './mail-view.ts'

/** Messages without their link would be of no use: a template that misses it fails. */
function requireUrl(url: string | null): string {
  if (url === null) throw new TypeError('this message needs a link')
  return url
}

export const verifyEmail: MailView<'verify_email'> = {
  subject: ({ appName }) => `Verify your email address for ${appName}`,
  body: ({ appName, url, code, props }) => (
    <MailFrame
      appName={appName}
      preview="One click, and your address is verified."
      heading="Verify your email address"
      reason={`You get this because somebody registered with this address at ${appName}. The link works once, within 24 hours.`}
    >
      <Paragraph>
        An account was registered with this address. Open the link to see it; you decide there whether it is
        yours.
      </Paragraph>
      <Action href={requireUrl(url)} label="Verify my address" showsAddress />
      {code && <Code code={code} />}
      <Facts {...props} />
      <NotYou>Open the link and choose “This was not me”, and the account is removed.</NotYou>
    </MailFrame>
  ),
}

export const welcome: MailView<'welcome'> = {
  subject: ({ appName }) => `Welcome to ${appName}`,
  body: ({ appName, pagesUrl, props }) => (
    <MailFrame
      appName={appName}
      preview="Your address is verified. Everything is ready."
      heading={`Welcome, ${props.username}`}
      reason={`You get this because you verified this address at ${appName}.`}
    >
      <Paragraph>Your address is verified, and your account is ready.</Paragraph>
      <Paragraph>
        Your account page shows every device that is signed in. You can end each of them there, and nobody has
        to wait for it: it holds at once.
      </Paragraph>
      <Action href={`${pagesUrl}/account`} label="Open my account" />
    </MailFrame>
  ),
}

export const resetPassword: MailView<'reset_password'> = {
  subject: ({ appName }) => `Reset your ${appName} password`,
  body: ({ appName, url, code, props }) => (
    <MailFrame
      appName={appName}
      preview="The link works once, within 30 minutes."
      heading="Reset your password"
      reason={`You get this because somebody asked for a new password at ${appName}. The link works once, within 30 minutes.`}
    >
      <Paragraph>
        Choose a new password with this link. All devices that are signed in to your account are signed out
        then.
      </Paragraph>
      <Action href={requireUrl(url)} label="Choose a new password" showsAddress />
      {code && <Code code={code} />}
      <Facts {...props} />
      <NotYou>
        Do nothing. Your password stays as it is, and nobody can change it without this message.
      </NotYou>
    </MailFrame>
  ),
}

export const emailChangeConfirm: MailView<'email_change_confirm'> = {
  subject: ({ appName }) => `Confirm your new email address for ${appName}`,
  body: ({ appName, url, props }) => (
    <MailFrame
      appName={appName}
      preview="Your account changes to this address when you confirm it."
      heading="Confirm your new email address"
      reason={`You get this because somebody wants to use this address for an account at ${appName}. The link works once, within 24 hours.`}
    >
      <Paragraph>
        The account changes to this address when you confirm it. Until then nothing changes.
      </Paragraph>
      <Action href={requireUrl(url)} label="Confirm this address" showsAddress />
      <Facts {...props} />
      <NotYou>Do nothing. Without your confirmation this address is not used.</NotYou>
    </MailFrame>
  ),
}

export const emailChangeNotice: MailView<'email_change_notice'> = {
  subject: ({ appName }) => `Your ${appName} email address was changed`,
  body: ({ appName, url, props }) => (
    <MailFrame
      appName={appName}
      preview={`Your account now uses ${props.newEmail}. You can take it back for 7 days.`}
      heading="Your email address was changed"
      reason={`You get this because this was the address of your account at ${appName}. The link works once, within 7 days.`}
    >
      <Paragraph>
        Your account now uses the address <strong>{props.newEmail}</strong>. If that was you, there is nothing
        to do.
      </Paragraph>
      <Facts {...props} />
      <NotYou>Take the change back now. It signs out everybody, and your account is yours again.</NotYou>
      <Action href={requireUrl(url)} label="Take the change back" showsAddress />
    </MailFrame>
  ),
}

export const accountExists: MailView<'account_exists'> = {
  subject: ({ appName }) => `You already have an account at ${appName}`,
  body: ({ appName, pagesUrl, props }) => (
    <MailFrame
      appName={appName}
      preview="Somebody tried to register with your address."
      heading="You already have an account"
      reason={`You get this because somebody tried to register with this address at ${appName}.`}
    >
      <Paragraph>
        Somebody tried to register with this address. There is an account with it already, so nothing was made
        and nothing was changed.
      </Paragraph>
      <Paragraph>
        If it was you, sign in, or <TextLink href={`${pagesUrl}/forgot`}>choose a new password</TextLink> if
        you forgot yours.
      </Paragraph>
      <Action href={`${pagesUrl}/login`} label="Sign in" />
      <Facts {...props} />
      <NotYou>Do nothing. Whoever it was got no access, and was not told that you have an account.</NotYou>
    </MailFrame>
  ),
}

export const accountDeleted: MailView<'account_deleted'> = {
  subject: ({ appName }) => `Your ${appName} account was deleted`,
  body: ({ appName, pagesUrl, props }) => (
    <MailFrame
      appName={appName}
      preview={`Signing in until ${timeInWords(props.undoUntil)} brings it back.`}
      heading="Your account was deleted"
      reason={`You get this because this is the address of the account that was deleted at ${appName}. It is the last message.`}
    >
      <Paragraph>
        Your account was deleted, and all devices are signed out. Its data is removed on{' '}
        <strong>{timeInWords(props.undoUntil)}</strong>. If you sign in before that, it is yours again as it
        was.
      </Paragraph>
      <Facts {...props} />
      <NotYou>Sign in now, which takes the deletion back, and change your password then.</NotYou>
      <Action href={`${pagesUrl}/login`} label="Keep my account" />
    </MailFrame>
  ),
}
