import { z } from 'zod'
import {
  isMailAddress,
  judgeUsername,
  normaliseMailAddress,
  normaliseUsername,
  usernameLengthMax,
  usernameRule,
} from './identifiers.ts'

/** A new account's address: one strict addr-spec, its domain as lower-case punycode. */
export const NewEmail = z
  .string()
  .refine(isMailAddress, 'Enter an email address, for example anna@example.com.')
  .transform(normaliseMailAddress)
  .meta({ format: 'email' })

/** A new account's public name: 3 to 32 letters, digits, `_`, `.` or `-` of any one script. */
export const NewUsername = z
  .string()
  .max(usernameLengthMax, usernameRule)
  .transform(normaliseUsername)
  .refine((name) => judgeUsername(name) === null, {
    error: ({ input }) => judgeUsername(String(input)) ?? usernameRule,
  })
  .describe('3 to 32 letters, digits, `_`, `.` or `-` of any one script, counted after NFKC.')
