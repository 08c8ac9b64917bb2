import { ProviderMark } from '../auth/provider-mark.tsx'
import type { ShownProvider } from '../auth/social-buttons.tsx'
import { ApiForm } from '../forms/api-form.tsx'
import type { FormState } from '../forms/form-state.ts'
import { SubmitButton } from '../forms/submit-button.tsx'
import { buttonClass } from '../ui/button.tsx'
import { LocalTime } from '../ui/local-time.tsx'
import { OwnPassword, ownerProof, SignInAgain } from './owner-proof.tsx'

export interface ShownIdentity {
  id: string
  provider: string
  name: string
  email: string | null
  linkedAt: string
  lastUsedAt: string | null
}

export interface ConnectedAccountsProps {
  identities: readonly ShownIdentity[]
  /** That are set up; each may be connected. */
  providers: readonly ShownProvider[]
  hasPassword: boolean
  /** False: the password is asked for, or, without one, a sign-in. */
  isFresh: boolean
  email: string
  /** By the name of the form. */
  refusals: Readonly<Record<string, FormState | null>>
}

const page = '/account/security'

/** The accounts elsewhere that sign in to this one. */
export function ConnectedAccounts(props: ConnectedAccountsProps) {
  const { identities, providers, hasPassword, isFresh } = props
  const free = providers.filter(({ id }) => !identities.some(({ provider }) => provider === id))
  const mayChange = isFresh || hasPassword
  const proof = ownerProof(props)
  return (
    <div className="mt-4 flex flex-col gap-4">
      {identities.length > 0 && (
        <ul className="flex flex-col divide-y divide-border">
          {identities.map((identity) => (
            <Connected key={identity.id} identity={identity} mayChange={mayChange} {...props} />
          ))}
        </ul>
      )}
      {proof.kind === 'sign_in_again' && (
        <SignInAgain provider={proof.provider} page={page} before="change how you sign in" />
      )}
      {mayChange && free.length > 0 && (
        <ul
          className={`flex flex-wrap gap-3 ${identities.length > 0 ? 'border-t border-border pt-5' : 'pt-1'}`}
        >
          {free.map((provider) => (
            <Connect key={provider.id} provider={provider} {...props} />
          ))}
        </ul>
      )}
    </div>
  )
}

function Connected({
  identity,
  mayChange,
  ...props
}: ConnectedAccountsProps & { identity: ShownIdentity; mayChange: boolean }) {
  const { id, provider, name, email, linkedAt, lastUsedAt } = identity
  const isLast = !props.hasPassword && props.identities.length === 1
  return (
    <li className="flex flex-wrap items-start justify-between gap-4 py-4 first:pt-0 last:pb-0">
      <div className="min-w-0 flex-1 basis-56">
        <p className="flex items-center gap-2 font-medium" id={`identity-${id}`}>
          <ProviderMark id={provider} name={name} />
          {name}
        </p>
        <p className="mt-1 text-sm break-words text-muted-foreground">
          {email ?? 'No address'}
          <br />
          Connected <LocalTime instant={linkedAt} />
          {lastUsedAt && (
            <>
              {' · '}last used <LocalTime instant={lastUsedAt} />
            </>
          )}
        </p>
      </div>
      {isLast ? (
        <p className="basis-full text-sm text-muted-foreground">
          This is your only way to sign in.{' '}
          <a href="#password" className="prose-link">
            Set a password
          </a>{' '}
          to be able to disconnect it.
        </p>
      ) : (
        mayChange && (
          <ApiForm
            target={{ path: `/api/auth/social/identities/${id}`, method: 'DELETE' }}
            page={page}
            next={`${page}?done=disconnected`}
            initial={props.refusals[`disconnect-${id}`] ?? null}
            name={`disconnect-${id}`}
            className="flex flex-col gap-3"
          >
            <Proof {...props} action={`Disconnect ${name}`} describedBy={`identity-${id}`} />
          </ApiForm>
        )
      )}
    </li>
  )
}

function Connect({ provider, ...props }: ConnectedAccountsProps & { provider: ShownProvider }) {
  return (
    <li>
      <ApiForm
        target={{ path: '/api/auth/social/connect', method: 'POST' }}
        page={page}
        next={page}
        leadsToAnswer
        initial={props.refusals[`connect-${provider.id}`] ?? null}
        name={`connect-${provider.id}`}
        className="flex flex-col gap-3"
      >
        <input type="hidden" name="provider" value={provider.id} />
        <Proof {...props} action={`Connect ${provider.name}`} />
      </ApiForm>
    </li>
  )
}

/** The button; where the sign-in was a while ago, behind a disclosure with the password. */
function Proof({
  isFresh,
  email,
  action,
  describedBy,
}: ConnectedAccountsProps & { action: string; describedBy?: string }) {
  const button = (
    <div>
      <SubmitButton
        label={action}
        pendingLabel="One moment…"
        look="quiet"
        {...(describedBy && { describedBy })}
      />
    </div>
  )
  if (isFresh) return button
  return (
    <details>
      <summary className={buttonClass('quiet', 'cursor-pointer list-none')}>{action}</summary>
      <div className="mt-4 flex flex-col gap-4">
        <OwnPassword proof={{ kind: 'password', email }} />
        {button}
      </div>
    </details>
  )
}
