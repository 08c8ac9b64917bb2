import { z } from 'zod'
import { NewEmail } from './account.contract.ts'

/** The token of a link, as it stands in its address. */
export const LinkToken = z.string().min(1).max(200).meta({ writeOnly: true })

/** Six digits; people type them in groups. */
const LinkCode = z
  .string()
  .max(20)
  .transform((text) => text.replace(/[\s-]/g, ''))
  .refine((text) => /^\d{6}$/.test(text), 'Enter the 6 digits of the message.')
  .meta({ writeOnly: true })

/** What was in a message: `token`, or, on another device, `email` and `code`. */
export const linkProofFields = {
  token: LinkToken.optional().describe('From the link; else email and code.'),
  email: NewEmail.optional().describe('The address that the code was sent to.'),
  code: LinkCode.optional().describe('The 6 digits of the same message. Five tries, ten minutes.'),
}

/** As a body says it; {@link hasLinkProof} has judged which of the two it is. */
export interface PresentedProof {
  token?: string | undefined
  email?: string | undefined
  code?: string | undefined
}

/** True for exactly one of the two. */
export function hasLinkProof({ token, email, code }: PresentedProof): boolean {
  return token === undefined
    ? email !== undefined && code !== undefined
    : email === undefined && code === undefined
}

export const linkProofRule = { message: 'Send either the token, or the email and the code.', path: ['code'] }
