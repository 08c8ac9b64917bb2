'use client'

import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react'
import { FormContext } from './form-context.tsx'
import { FormMessage } from './form-message.tsx'
import type { FormState } from './form-state.ts'
import { type FormTarget, sendForm } from './send-form.ts'

export interface ApiFormProps {
  target: FormTarget
  /** The page this form stands on, with what it needs of its query: refusals without scripts come back to it. */
  page: string
  /** Where a success leads. */
  next: string
  /** The answer names where it leads instead, such as a provider. */
  leadsToAnswer?: boolean
  /** What the server remembers of a refusal, when the form was sent without scripts. */
  initial: FormState | null
  children: ReactNode
  className?: string
  label?: string
  /** Needed where the page has several forms. */
  name?: string
}

/**
 * A form that posts to the endpoint's own path. Without scripts the browser sends it and the server leads on; with
 * scripts it is sent as JSON, and refusals appear in place. Nothing is sent twice.
 */
export function ApiForm(props: ApiFormProps) {
  const { target, page, next, initial, children, className = '', label, name = '' } = props
  const { leadsToAnswer = false } = props
  const [state, setState] = useState(initial)
  const [isPending, setPending] = useState(false)
  const [isEnhanced, setEnhanced] = useState(false)
  const form = useRef<HTMLFormElement>(null)
  const isSending = useRef(false)
  useEffect(() => setEnhanced(true), [])
  useEffect(() => {
    if (state) showRefusal(form.current, state)
  }, [state])

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    if (isSending.current) return
    isSending.current = true
    setPending(true)
    const outcome = await sendForm(event.currentTarget, target)
    // Leaving: the button stays busy until the next page is there.
    if (outcome.kind === 'done') return window.location.assign((leadsToAnswer && outcome.url) || next)
    isSending.current = false
    setPending(false)
    setState(outcome.state)
  }

  const action = target.method === 'POST' ? target.path : `${target.path}?_method=${target.method}`
  return (
    <FormContext value={{ state, isPending, isEnhanced, name }}>
      <form
        ref={form}
        action={action}
        method="post"
        onSubmit={submit}
        noValidate={isEnhanced}
        className={className}
        aria-label={label}
      >
        <input type="hidden" name="_page" value={page} />
        <input type="hidden" name="_next" value={next} />
        {name && <input type="hidden" name="_form" value={name} />}
        <FormMessage />
        {children}
      </form>
    </FormContext>
  )
}

/** Codes after which what was typed as a secret is known to be wrong, so it is cleared. */
const rejectedSecrets = new Set([
  'invalid_credentials',
  'wrong_password',
  'weak_password',
  'breached_password',
])

function showRefusal(form: HTMLFormElement | null, state: FormState): void {
  if (!form) return
  if (!document.title.startsWith('Error: ')) document.title = `Error: ${document.title}`
  if (rejectedSecrets.has(state.code)) {
    for (const input of form.querySelectorAll<HTMLInputElement>('input[type=password]')) input.value = ''
  }
  const names = Object.keys(state.errors)
  const only = names.length === 1 ? form.querySelector<HTMLElement>(`[name="${names[0]}"]`) : null
  const message = form.querySelector<HTMLElement>('[data-form-message]')
  ;(only ?? message)?.focus()
}
