import { equalInConstantTime } from '#lib/crypto/digest.ts'
import { macOf, type RootKey, type RootKeys } from '#lib/crypto/root-keys.ts'
import { Secret } from '#lib/crypto/secret.ts'
import type { Random } from '#lib/runtime/random.ts'

/**
 * A browser that has signed in to an account before is known by a signed cookie, and its tries count on a budget of
 * their own: a stranger who uses up the account's budget cannot keep the owner out.
 *
 * The cookie is `device id . mark …`, one mark for each account; a mark is an HMAC and names nobody. It covers the
 * session epoch: what ends all sessions of an account forgets its devices too.
 */
export interface KnownDevice {
  id: string
  marks: readonly string[]
}

/** The account as a right sign-in found it. */
export interface MarkedAccount {
  id: number
  sessionEpoch: number
}

const deviceBytes = 16
const marksMax = 10
const shape = /^([A-Za-z0-9_-]{22})((?:\.[A-Za-z0-9_-]{43}){1,10})$/

/** Reads a presented device cookie. Null when it is malformed; the marks prove themselves one by one. */
export function readDevice(presented: string | null): KnownDevice | null {
  const [, id, marks] = shape.exec(presented ?? '') ?? []
  return id === undefined ? null : { id, marks: (marks ?? '').split('.').slice(1) }
}

/** True when this browser has signed in to the account since all its sessions were ended last. */
export function knowsAccount(roots: RootKeys, device: KnownDevice, account: MarkedAccount): boolean {
  return roots.all.some((root) => {
    const expected = markOf(root, device.id, account)
    return device.marks.some((mark) => equalInConstantTime(mark, expected))
  })
}

/** The cookie after a right sign-in: the device it had, or a new one, and a mark for this account. */
export function rememberAccount(
  roots: RootKeys,
  random: Random,
  device: KnownDevice | null,
  account: MarkedAccount,
): Secret {
  const id = device?.id ?? random.bytes(deviceBytes).toString('base64url')
  const mark = markOf(roots.current, id, account)
  const others = device?.marks.filter((known) => known !== mark) ?? []
  return new Secret([id, mark, ...others].slice(0, 1 + marksMax).join('.'))
}

function markOf(root: RootKey, deviceId: string, { id, sessionEpoch }: MarkedAccount): string {
  return macOf(root.keyFor('device'), `${deviceId}|${id}|${sessionEpoch}`)
}
