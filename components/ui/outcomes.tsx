import { Notice, type NoticeTone } from './notice.tsx'

/** What a page says about what was just done; the query holds the name only. */
const outcomes: Record<string, { tone: NoticeTone; text: string }> = {
  registered: { tone: 'success', text: 'Account created. Sign in with it.' },
  administrator: { tone: 'success', text: 'Administrator created. Sign in with this account.' },
  'signed-out': { tone: 'info', text: 'You are signed out.' },
  'session-ended': { tone: 'success', text: 'That device is signed out.' },
  'others-ended': { tone: 'success', text: 'Your other devices are signed out.' },
  'password-changed': { tone: 'success', text: 'Password changed. Your other devices are signed out.' },
}

const endings: Record<string, string> = {
  signed_out: 'You signed out.',
  revoked_by_user: 'This device was signed out from another one.',
  revoked_by_admin: 'An administrator signed this device out.',
  password_changed: 'Your password was changed on another device.',
  password_reset: 'Your password was reset.',
  refresh_reuse: 'A copy of a sign-in of this account was used. Change your password if that was not you.',
  idle: 'You were away for a while.',
  expired: 'You have been signed in for a long time.',
  user_disabled: 'This account is disabled.',
}

/** Nothing for a name that we did not make: a link must not put words on our pages. */
export function OutcomeNotice({ done, ended }: { done?: string | null; ended?: string | null }) {
  const outcome = outcomes[done ?? '']
  const ending = ended ? (endings[ended] ?? 'Sign in again to go on.') : null
  return (
    <div role="status" className="empty:hidden">
      {outcome && <Notice tone={outcome.tone}>{outcome.text}</Notice>}
      {ending && <Notice tone="warning">Your session ended. {ending}</Notice>}
    </div>
  )
}
