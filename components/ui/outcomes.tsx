import { endingSentence } from './endings.ts'
import { Notice, type NoticeTone } from './notice.tsx'

/** What a page says about what was just done; the query holds the name only. */
const outcomes: Record<string, { tone: NoticeTone; text: string }> = {
  registered: { tone: 'success', text: 'Account created. Sign in with it.' },
  administrator: { tone: 'success', text: 'Administrator created. Sign in with this account.' },
  'signed-out': { tone: 'info', text: 'You are signed out.' },
  'session-ended': { tone: 'success', text: 'That device is signed out.' },
  'others-ended': { tone: 'success', text: 'Your other devices are signed out.' },
  'password-reset': {
    tone: 'success',
    text: 'Password changed. Every device is signed out; sign in with your new password.',
  },
  'account-deleted': {
    tone: 'info',
    text: 'Your account is deleted. Sign in within 14 days to take that back.',
  },
  'name-changed': { tone: 'success', text: 'User name changed.' },
  'password-link-sent': {
    tone: 'info',
    text: 'We sent a link to your address. Open it within 30 minutes to set a password.',
  },
  'email-requested': {
    tone: 'info',
    text: 'We sent a link to the new address. Your address changes when you open it.',
  },
  'email-cancelled': { tone: 'success', text: 'Your address stays as it is.' },
  'email-verified': { tone: 'success', text: 'Your email is verified.' },
  'verification-sent': {
    tone: 'info',
    text: 'We sent a message to your address. Open its link, or enter its code.',
  },
  connected: { tone: 'success', text: 'Connected. You can sign in with it from now on.' },
  disconnected: { tone: 'success', text: 'Disconnected. It signs in to your account no more.' },
  'password-changed': { tone: 'success', text: 'Password changed. Your other devices are signed out.' },
}

/** Nothing for a name that we did not make: a link must not put words on our pages. */
export function OutcomeNotice({ done, ended }: { done?: string | null; ended?: string | null }) {
  const outcome = done && Object.hasOwn(outcomes, done) ? outcomes[done] : null
  const ending = endingSentence(ended)
  return (
    <div role="status" className="empty:hidden">
      {outcome && <Notice tone={outcome.tone}>{outcome.text}</Notice>}
      {ending && <Notice tone="warning">Your session ended. {ending}</Notice>}
    </div>
  )
}
