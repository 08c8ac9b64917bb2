'use client'

import { createContext, useContext } from 'react'
import type { FormState } from './form-state.ts'

export interface FormContextValue {
  state: FormState | null
  isPending: boolean
  /** True once scripts run; without them a form is a form. */
  isEnhanced: boolean
}

export const FormContext = createContext<FormContextValue>({
  state: null,
  isPending: false,
  isEnhanced: false,
})

export function useForm(): FormContextValue {
  return useContext(FormContext)
}
