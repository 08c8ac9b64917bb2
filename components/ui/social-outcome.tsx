import type { ProblemCode } from '#lib/problems.ts'
import { Notice, type NoticeTone } from './notice.tsx'

type Outcome = { tone: NoticeTone; text: (provider: string) => string }

/** Why a sign-in with a provider came to nothing, said to the person; the query holds the code only. */
const outcomes: Partial<Record<ProblemCode, Outcome>> = {
  social_cancelled: { tone: 'info', text: (name) => `Sign-in with ${name} was cancelled.` },
  social_state_lost: {
    tone: 'warning',
    text: (name) =>
      `This sign-in with ${name} was begun too long ago, or in another tab or browser. Start it again.`,
  },
  social_refused: {
    tone: 'danger',
    text: (name) =>
      `What ${name} answered could not be verified, so nobody was signed in. Try again, or sign in another way.`,
  },
  provider_unavailable: {
    tone: 'warning',
    text: (name) => `${name} does not answer. Try again in a moment, or sign in another way.`,
  },
  provider_email_unverified: {
    tone: 'warning',
    text: (name) =>
      `${name} has not verified your email address. Verify it there, or create an account with a password and connect ${name} to it.`,
  },
  account_exists: {
    tone: 'warning',
    text: (name) =>
      `You already have an account with this address. Sign in to it, then connect ${name} on the security page.`,
  },
  identity_taken: {
    tone: 'warning',
    text: (name) => `This account at ${name} is already connected to another account here.`,
  },
  identity_not_connected: {
    tone: 'warning',
    text: (name) =>
      `You came back as another account at ${name} than the one that is connected here. Switch to that one at ${name}, then confirm again.`,
  },
  account_disabled: { tone: 'danger', text: () => 'This account is disabled.' },
  email_not_verified: {
    tone: 'warning',
    text: () => 'Open the link in the message that we sent you, then sign in.',
  },
  registration_closed: {
    tone: 'warning',
    text: (name) =>
      `No account here is connected to your account at ${name}, and this service takes no new ones.`,
  },
  invalid_credentials: { tone: 'danger', text: () => 'Invalid email or password' },
  unavailable: { tone: 'warning', text: () => 'We could not find that out just now. Try again in a moment.' },
  overloaded: { tone: 'warning', text: () => 'The server is busy. Try again in a moment.' },
  rate_limited: { tone: 'warning', text: () => 'Too many attempts. Try again later.' },
  session_ended: { tone: 'warning', text: () => 'Your session ended meanwhile. Sign in and try again.' },
  unauthenticated: { tone: 'warning', text: () => 'You were signed out meanwhile. Sign in and try again.' },
}

/** Nothing for a code that we did not make: a link must not put words on our pages. */
export function SocialOutcome({ code, provider }: { code: string | null; provider: string | null }) {
  const outcome = code && Object.hasOwn(outcomes, code) ? outcomes[code as ProblemCode] : null
  return (
    <div role="status" className="empty:hidden">
      {outcome && <Notice tone={outcome.tone}>{outcome.text(provider ?? 'the provider')}</Notice>}
    </div>
  )
}
