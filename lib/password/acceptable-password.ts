import { Problem } from '#lib/problems.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import { isBreachedPassword } from './breach-check.ts'
import { isCommonPassword } from './common-passwords.ts'
import { judgePassword } from './password-policy.ts'

/**
 * Requires that a new password fits the policy and, where the check is on, no known breach.
 *
 * @param field  the name of the field on the wire, for the problem
 * @throws Problem `weak_password` or `breached_password`
 */
export async function requireAcceptablePassword(
  runtime: Pick<Runtime, 'config' | 'log'>,
  password: string,
  account: { email: string; username: string },
  field = 'password',
): Promise<void> {
  const { appName, password: policy } = runtime.config
  const complaint = judgePassword(password, { ...account, appName }, policy.lengthMin, isCommonPassword)
  if (complaint) {
    throw new Problem('weak_password', {
      detail: complaint,
      errors: [{ field, code: 'weak_password', detail: complaint }],
    })
  }
  if (
    policy.breachRangeUrl &&
    (await isBreachedPassword(policy.breachRangeUrl, password.normalize('NFC'), runtime.log))
  ) {
    throw new Problem('breached_password')
  }
}
