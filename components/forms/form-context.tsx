'use client'

import { createContext, useContext } from 'react'
import type { FormState } from './form-state.ts'

export interface FormContextValue {
  state: FormState | null
  isPending: boolean
  /** True once scripts run; without them a form is a form. */
  isEnhanced: boolean
  /** Tells the fields of one form from those of another on the same page; empty where there is one. */
  name: string
}

export const FormContext = createContext<FormContextValue>({
  state: null,
  isPending: false,
  isEnhanced: false,
  name: '',
})

/** The id of a field of this form. */
export function useFieldId(field: string): string {
  const { name } = useContext(FormContext)
  return name ? `${name}-${field}` : field
}

export function useForm(): FormContextValue {
  return useContext(FormContext)
}
