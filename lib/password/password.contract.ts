import { z } from 'zod'

/** More bytes than this are refused where a password is set, and are a wrong password where one is presented. */
export const passwordBytesMax = 1024

/** A password as somebody presents it: any text. A stricter policy must not lock out old passwords. */
export const PresentedPassword = z
  .string()
  .min(1, 'Enter the password.')
  .meta({ format: 'password', writeOnly: true })

/** A password as somebody sets it. Whether it is strong enough is the policy's to say (`weak_password`). */
export const NewPassword = z
  .string()
  .min(1, 'Enter a password.')
  .refine(
    (text) => new TextEncoder().encode(text).length <= passwordBytesMax,
    'The password is over 1,024 bytes.',
  )
  .describe(
    'At least PASSWORD_MIN_LENGTH characters, 8 unless the setting says otherwise; at most 1,024 bytes.',
  )
  .meta({ format: 'password', writeOnly: true, maxLength: passwordBytesMax })
