'use client'

import { endingSentence } from '../ui/endings.ts'
import { Notice } from '../ui/notice.tsx'
import { Countdown } from './countdown.tsx'
import { useFieldId, useForm } from './form-context.tsx'
import type { FormState } from './form-state.ts'

/** The refusal as a whole: the sentence, or what needs attention in which field. Takes the focus when it appears. */
export function FormMessage() {
  const { state } = useForm()
  const names = Object.keys(state?.errors ?? {})
  const isAtField = names.length === 1
  return (
    <div role="alert" tabIndex={-1} data-form-message className="empty:absolute">
      {state && !isAtField && (
        <Notice tone={state.code === 'network' ? 'warning' : 'danger'}>
          <Sentence state={state} />
        </Notice>
      )}
    </div>
  )
}

function Sentence({ state }: { state: FormState }) {
  const fields = Object.entries(state.errors)
  if (fields.length > 1) return <FieldList fields={fields} />
  if (state.code === 'rate_limited') return <Countdown seconds={state.retryAfterSeconds ?? 60} />
  if (state.code === 'session_ended' || state.code === 'unauthenticated') return <SignInAgain state={state} />
  if (state.code === 'email_not_verified') return <VerifyFirst state={state} />
  if (state.code === 'internal_error') return <WithReference state={state} />
  return <p>{state.detail}</p>
}

function FieldList({ fields }: { fields: [string, string][] }) {
  return (
    <>
      <p className="font-medium">{fields.length} fields need attention.</p>
      <ul className="mt-1 list-disc pl-5">
        {fields.map(([name, detail]) => (
          <li key={name}>
            <FieldLink name={name} detail={detail} />
          </li>
        ))}
      </ul>
    </>
  )
}

function FieldLink({ name, detail }: { name: string; detail: string }) {
  return (
    <a href={`#${useFieldId(name)}`} className="inline-block min-h-6 underline">
      {detail}
    </a>
  )
}

function VerifyFirst({ state }: { state: FormState }) {
  return (
    <p>
      {state.detail}{' '}
      <a href="/verify" className="font-medium underline">
        Enter the code, or get another message
      </a>
    </p>
  )
}

function SignInAgain({ state }: { state: FormState }) {
  return (
    <p>
      Your session ended. {endingSentence(state.endedReason)} Nothing was changed.{' '}
      <a href={`/login?next=${encodeURIComponent(hereOr('/account'))}`} className="font-medium underline">
        Sign in again
      </a>
    </p>
  )
}

function hereOr(fallback: string): string {
  return typeof window === 'undefined' ? fallback : window.location.pathname
}

function WithReference({ state }: { state: FormState }) {
  return (
    <p>
      Something went wrong on our side. Try again, or give support this reference:{' '}
      <code className="font-mono break-all">{state.requestId}</code>
    </p>
  )
}
