import { ProviderMark } from '../auth/provider-mark.tsx'
import type { ShownProvider } from '../auth/social-buttons.tsx'
import { PasswordField } from '../forms/password-field.tsx'
import { buttonClass } from '../ui/button.tsx'

/**
 * How the owner proves that it is them before something of weight: by the password where there is one, else by a
 * sign-in of just now. `sign_in_again` names where; null when none of the providers is set up any more.
 */
export type OwnerProof =
  | { kind: 'password'; email: string }
  | { kind: 'fresh_sign_in' }
  | { kind: 'sign_in_again'; provider: ShownProvider | null }

export interface WaysIn {
  hasPassword: boolean
  isFresh: boolean
  identities: readonly { provider: string }[]
  /** That are set up. */
  providers: readonly ShownProvider[]
  email: string
}

export function ownerProof({ hasPassword, isFresh, identities, providers, email }: WaysIn): OwnerProof {
  if (hasPassword) return { kind: 'password', email }
  if (isFresh) return { kind: 'fresh_sign_in' }
  const provider = providers.find(({ id }) => identities.some((one) => one.provider === id))
  return { kind: 'sign_in_again', provider: provider ?? null }
}

/** The password, where the account has one. */
export function OwnPassword({ proof }: { proof: OwnerProof }) {
  if (proof.kind !== 'password') return null
  return (
    <>
      {/* Tells password managers which entry to use; it has no name, so it is not sent. */}
      <input type="text" autoComplete="username" value={proof.email} readOnly hidden />
      <PasswordField name="password" label="Current password" autoComplete="current-password" />
    </>
  )
}

interface SignInAgainProps {
  provider: ShownProvider | null
  /** The page it stands on: the way back leads there. */
  page: string
  /** What comes after it, as in "before you …". */
  before: string
}

/** For whoever has no password, and signed in a while ago. */
export function SignInAgain({ provider, page, before }: SignInAgainProps) {
  const reason = `Your sign-in was a while ago. Confirm that it is you before you ${before}.`
  if (!provider) {
    return (
      <p className="text-sm text-muted-foreground">
        {reason}{' '}
        <a href="/account/security#password" className="prose-link">
          Set a password
        </a>{' '}
        for that: the way in that you used is not set up any more.
      </p>
    )
  }
  return (
    <form method="post" action={`/api/auth/signin/${provider.id}`} className="flex flex-col gap-3">
      <p className="text-sm text-muted-foreground">{reason}</p>
      <input type="hidden" name="_page" value={page} />
      <input type="hidden" name="callbackUrl" value={page} />
      <input type="hidden" name="_confirm" value="yes" />
      <div>
        <button type="submit" className={buttonClass('quiet')}>
          <ProviderMark id={provider.id} name={provider.name} />
          Confirm with {provider.name}
        </button>
      </div>
    </form>
  )
}
