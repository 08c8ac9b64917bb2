'use client'

import type { ComponentProps, ReactNode } from 'react'
import { useFieldId, useForm } from './form-context.tsx'

type InputProps = Omit<ComponentProps<'input'>, 'id' | 'name' | 'defaultValue'>

export interface FieldProps extends InputProps {
  name: string
  label: string
  hint?: string
  /** What it begins with, unless something was typed before. */
  initially?: string
}

export const inputClass =
  'min-h-11 w-full rounded-field border border-input-border bg-card px-3 py-2 text-base text-foreground aria-invalid:border-destructive aria-invalid:border-2'

/** Label, hint, control and complaint, tied together for every reader. */
export function FieldFrame({
  name,
  label,
  hint,
  children,
}: Pick<FieldProps, 'name' | 'label' | 'hint'> & { children: ReactNode }) {
  const { state } = useForm()
  const complaint = state?.errors[name]
  const id = useFieldId(name)
  return (
    <div className="flex flex-col gap-1.5">
      <label htmlFor={id} className="text-base font-medium">
        {label}
      </label>
      {hint && (
        <p id={`${id}-hint`} className="text-sm text-muted-foreground">
          {hint}
        </p>
      )}
      {children}
      {complaint && (
        <p id={`${id}-error`} className="text-sm font-medium text-danger-text">
          {complaint}
        </p>
      )}
    </div>
  )
}

/** The attributes that tie an input to its hint and complaint. */
export function useFieldAttributes(name: string, hint: string | undefined, more: string[] = []) {
  const { state } = useForm()
  const complaint = state?.errors[name]
  const id = useFieldId(name)
  const describedBy = [hint && `${id}-hint`, complaint && `${id}-error`, ...more].filter(Boolean).join(' ')
  return {
    id,
    name,
    'aria-invalid': complaint ? true : undefined,
    'aria-describedby': describedBy || undefined,
  } as const
}

export function TextField({ name, label, hint, className, initially = '', ...input }: FieldProps) {
  const { state } = useForm()
  const attributes = useFieldAttributes(name, hint)
  return (
    <FieldFrame name={name} label={label} {...(hint && { hint })}>
      <input
        type="text"
        autoCapitalize="none"
        spellCheck={false}
        defaultValue={state?.values[name] ?? initially}
        className={inputClass}
        {...input}
        {...attributes}
      />
    </FieldFrame>
  )
}
