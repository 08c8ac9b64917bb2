import { listSigningKeys } from '#db/queries/signing-keys.ts'
import { isSealedForCurrent, openSigningKey } from '#lib/crypto/signing-key.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import { isRotationDue, signingKeyState } from '#lib/session/signing-key-state.ts'
import { type Finding, failed, ok, warning } from './finding.ts'

const check = 'keys'
/** A due rotation is noticed within minutes, by any server that runs. */
const overdueDays = 1

/** Can this configuration read the keys, and are they in order? */
export async function checkKeys({ config, database, roots }: Runtime): Promise<Finding> {
  const { algorithm, signingKeyDays } = config.accessToken
  if (algorithm === 'HS256') return ok(check, 'Access tokens are signed with JWT_SECRET (HS256)')
  const keys = await listSigningKeys(database)
  const [newest] = keys
  if (!newest) return ok(check, 'There is no signing key yet: the first server that starts makes it')
  const inUse = keys.filter((key) => /signing|waiting/.test(signingKeyState(key, keys, key.now)))
  for (const key of inUse) {
    if (openSigningKey(roots, key)) continue
    return failed(
      check,
      `AUTH_SECRET does not open the signing key ${key.kid}: it was sealed under another one`,
      `Append the old secret: AUTH_SECRET=new,old. If it is lost: npm run cli -- keys remove ${key.kid}`,
    )
  }
  if (keys.some((key) => !isSealedForCurrent(roots, key))) {
    return warning(
      check,
      'Some keys are not sealed under the first secret of AUTH_SECRET',
      'Start a server with this AUTH_SECRET before you remove the old secret: it seals them anew.',
    )
  }
  if (isRotationDue(keys, newest.now, signingKeyDays && signingKeyDays + overdueDays)) {
    return warning(
      check,
      `The signing key is older than SIGNING_KEY_DAYS (${signingKeyDays})`,
      'A running server rotates by itself. To do it now: npm run cli -- keys rotate',
    )
  }
  const signing = inUse.find((key) => signingKeyState(key, keys, key.now) === 'signing')
  const day = (signing ?? newest).activatesAt.toISOString().slice(0, 10)
  return ok(check, `${(signing ?? newest).kid} signs since ${day}; ${keys.length} published`)
}
