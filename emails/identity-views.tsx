import { MailFrame } from './mail-frame.tsx'
import { Action, Facts, NotYou, Paragraph, WarningLink } from './mail-parts.tsx'
import type { MailView } from './mail-view.ts'

export const identityLinked: MailView<'identity_linked'> = {
  subject: ({ appName, props }) => `${props.provider} was connected to your ${appName} account`,
  body: ({ appName, pagesUrl, props }) => (
    <MailFrame
      appName={appName}
      preview={`You can sign in with ${props.provider} from now on.`}
      heading={`${props.provider} was connected`}
      reason={`You get this because the ways to sign in to your account at ${appName} were changed.`}
    >
      <Paragraph>
        An account at {props.provider} can sign in to your account from now on. If that was you, there is
        nothing to do.
      </Paragraph>
      <Facts {...props} />
      <NotYou>
        Disconnect it on the security page, and{' '}
        <WarningLink href={`${pagesUrl}/forgot`}>choose a new password</WarningLink>, which signs out
        everybody else.
      </NotYou>
      <Action href={`${pagesUrl}/account/security`} label="Look at my connected accounts" />
    </MailFrame>
  ),
}

export const identityUnlinked: MailView<'identity_unlinked'> = {
  subject: ({ appName, props }) => `${props.provider} was disconnected from your ${appName} account`,
  body: ({ appName, pagesUrl, props }) => (
    <MailFrame
      appName={appName}
      preview={`${props.provider} no longer signs in to your account.`}
      heading={`${props.provider} was disconnected`}
      reason={`You get this because the ways to sign in to your account at ${appName} were changed.`}
    >
      <Paragraph>
        The account at {props.provider} that was connected to your account no longer signs in to it. If that
        was you, there is nothing to do.
      </Paragraph>
      <Facts {...props} />
      <NotYou>
        <WarningLink href={`${pagesUrl}/forgot`}>Choose a new password</WarningLink>, which signs out
        everybody else, then connect it again.
      </NotYou>
      <Action href={`${pagesUrl}/account/security`} label="Look at my connected accounts" />
    </MailFrame>
  ),
}

export const accountClaimed: MailView<'account_claimed'> = {
  subject: ({ appName, props }) => `You signed in to ${appName} with ${props.provider}`,
  body: ({ appName, pagesUrl, props }) => (
    <MailFrame
      appName={appName}
      preview="What somebody had set up with your address before was removed."
      heading={`Your account opens with ${props.provider} now`}
      reason={`You get this because an account at ${appName} was registered with this address, and opened with ${props.provider} now.`}
    >
      <Paragraph>
        Somebody had registered an account with this address and never proven that the address is theirs.
        {` ${props.provider} `}has said that it is yours, so the account is yours. The password that was set
        before no longer works, and everybody who was signed in to it was signed out.
      </Paragraph>
      <Facts {...props} />
      <Paragraph>If you registered it yourself, choose a new password to sign in with one again.</Paragraph>
      <NotYou>
        Somebody signs in to your account at {props.provider}. Secure it there first, then{' '}
        <WarningLink href={`${pagesUrl}/forgot`}>choose a password</WarningLink> here, which signs out
        everybody else.
      </NotYou>
      <Action href={`${pagesUrl}/forgot`} label="Choose a password" />
    </MailFrame>
  ),
}
