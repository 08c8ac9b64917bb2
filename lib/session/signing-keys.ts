import type { Connection } from '#db/connection.ts'
import { insertAuditEvent } from '#db/queries/audit-events.ts'
import {
  activateSigningKey,
  deleteSigningKeys,
  insertSigningKey,
  keepSigningKey,
  listSigningKeys,
  lockSigningKeys,
  type NewSigningKey,
  retireOtherSigningKeys,
  type SigningKeyRow,
} from '#db/queries/signing-keys.ts'
import { operatorEvent } from '#lib/audit/audit-event.ts'
import type { AuditEventName } from '#lib/audit/audit-event-names.ts'
import type { Config } from '#lib/config/config.ts'
import { generateSigningKey } from '#lib/crypto/signing-key.ts'
import { Problem } from '#lib/problems.ts'
import type { Runtime } from '#lib/runtime/runtime.ts'
import {
  isOver,
  isRotationDue,
  publishedSeconds,
  type SigningKeyState,
  signingKeyAt,
  signingKeyState,
  verifyingSeconds,
} from './signing-key-state.ts'

/** A signing key as an operator sees it. */
export interface ListedSigningKey
  extends Pick<SigningKeyRow, 'kid' | 'createdAt' | 'activatesAt' | 'retiresAt'> {
  state: SigningKeyState
}

export type KeyOutcome =
  /** A new key is published and signs from its `activatesAt` on. */
  | { kind: 'rotated'; next: SigningKeyRow }
  /** A key that was made before is published already; nothing was changed. */
  | { kind: 'waiting'; next: SigningKeyRow }
  /** It does not sign any more and verifies until `until`; nothing was changed. */
  | { kind: 'retired'; until: Date | null }
  /** Gone. `signs` is the key in use from now on. */
  | { kind: 'removed'; signs: SigningKeyRow }

type KeyKeeper = Pick<Runtime, 'config' | 'database' | 'roots' | 'log' | 'accessTokens'>

/** All keys of the database, the newest first. */
export async function listKeys({ config, database }: Pick<KeyKeeper, 'config' | 'database'>) {
  requireKeys(config)
  const keys = await listSigningKeys(database)
  return keys.map((key): ListedSigningKey => {
    const { kid, createdAt, activatesAt, retiresAt } = key
    return { kid, createdAt, activatesAt, retiresAt, state: signingKeyState(key, keys, key.now) }
  })
}

/**
 * Publishes a new key, which signs once every verifier can know it. The one in use goes on verifying until the last
 * token it can have signed has ended. Of parallel calls one makes a key, the others are told of it.
 */
export async function rotateSigningKey(keeper: KeyKeeper): Promise<KeyOutcome> {
  requireKeys(keeper.config)
  return changeKeys(keeper, async (transaction, keys, fresh) => {
    const outcome = await publishNext(transaction, keys, fresh)
    if (outcome.kind === 'rotated') await noteKey(transaction, 'signing_key_rotated', outcome.next.kid)
    return outcome
  })
}

/**
 * Takes a key out of use without refusing anybody: the one that signs is rotated, one that waits has signed nothing
 * and is deleted.
 *
 * @throws Problem `not_found` when there is no such key
 */
export async function retireSigningKey(keeper: KeyKeeper, kid: string): Promise<KeyOutcome> {
  requireKeys(keeper.config)
  return changeKeys(keeper, async (transaction, keys, fresh) => {
    const key = requireKey(keys, kid)
    const state = signingKeyState(key, keys, key.now)
    if (state === 'signing' || state === 'waiting') await noteKey(transaction, 'signing_key_retired', kid)
    if (state === 'signing') return publishNext(transaction, keys, fresh)
    if (state === 'waiting') return dropKey(transaction, keys, key, fresh)
    return { kind: 'retired', until: key.retiresAt }
  })
}

/**
 * Emergency: deletes a key at once. Every process refuses its tokens as soon as it hears of it, and signs with another
 * key from now on. Refresh tokens and cookies do not hang on it.
 *
 * @throws Problem `not_found` when there is no such key
 */
export async function removeSigningKey(keeper: KeyKeeper, kid: string): Promise<KeyOutcome> {
  requireKeys(keeper.config)
  const outcome = await changeKeys(keeper, async (transaction, keys, fresh) => {
    const removed = await dropKey(transaction, keys, requireKey(keys, kid), fresh)
    await noteKey(transaction, 'signing_key_removed', kid)
    return removed
  })
  keeper.log.warn({ event: 'signing_key_removed', kid }, 'a signing key was removed')
  return outcome
}

/**
 * Deletes every key; a new one signs from now on. For a database that came back from a backup, with keys that were
 * removed since.
 *
 * @returns false with HS256, whose secret is a setting
 */
export async function replaceSigningKeys(keeper: KeyKeeper): Promise<boolean> {
  if (keeper.config.accessToken.algorithm !== 'ES256') return false
  await changeKeys(keeper, async (transaction, keys, fresh) => {
    await deleteSigningKeys(
      transaction,
      keys.map(({ kid }) => kid),
    )
    return { kind: 'removed', signs: await insertSigningKey(transaction, fresh, 0) }
  })
  return true
}

/** To be called in intervals by every process: deletes keys that are over, and rotates at the age that is set. */
export async function maintainSigningKeys(keeper: KeyKeeper): Promise<void> {
  const { algorithm, signingKeyDays } = keeper.config.accessToken
  if (algorithm !== 'ES256') return
  const keys = await listSigningKeys(keeper.database)
  const [newest] = keys
  if (!newest) return
  const over = keys.filter((key) => isOver(key, key.now)).map(({ kid }) => kid)
  if (over.length > 0) await deleteSigningKeys(keeper.database, over)
  if (!isRotationDue(keys, newest.now, signingKeyDays)) return
  // Looked at again under the lock: every process notices, one makes the key.
  const outcome = await changeKeys(keeper, async (transaction, current, fresh) =>
    isRotationDue(current, newest.now, signingKeyDays) ? publishNext(transaction, current, fresh) : null,
  )
  if (outcome?.kind === 'rotated') keeper.log.info(rotatedEvent(outcome.next), 'a signing key comes of age')
}

function rotatedEvent({ kid, activatesAt }: SigningKeyRow) {
  return { event: 'signing_key_rotated', kid, activates_at: activatesAt.toISOString() }
}

function noteKey(transaction: Connection, name: AuditEventName, kid: string): Promise<void> {
  return insertAuditEvent(transaction, operatorEvent(name, { details: { kid } }))
}

type CurrentKeys = Awaited<ReturnType<typeof listSigningKeys>>

/** Runs one change of the keys under their lock, with a new key at hand. This process knows of it when it returns. */
async function changeKeys<Outcome>(
  { database, roots, accessTokens }: KeyKeeper,
  change: (transaction: Connection, keys: CurrentKeys, fresh: NewSigningKey) => Promise<Outcome>,
): Promise<Outcome> {
  const fresh = await generateSigningKey(roots)
  const outcome = await database.transaction(async (transaction) => {
    await lockSigningKeys(transaction)
    return change(transaction, await listSigningKeys(transaction), fresh)
  })
  accessTokens.reload()
  return outcome
}

async function publishNext(
  transaction: Connection,
  keys: CurrentKeys,
  fresh: NewSigningKey,
): Promise<KeyOutcome> {
  const waiting = keys.find((key) => signingKeyState(key, keys, key.now) === 'waiting')
  if (waiting) return { kind: 'waiting', next: waiting }
  const next = await insertSigningKey(transaction, fresh, publishedSeconds)
  await retireOtherSigningKeys(transaction, next.kid, verifyingSeconds)
  return { kind: 'rotated', next }
}

async function dropKey(
  transaction: Connection,
  keys: CurrentKeys,
  key: CurrentKeys[number],
  fresh: NewSigningKey,
): Promise<KeyOutcome> {
  const { now } = key
  const state = signingKeyState(key, keys, now)
  const others = keys.filter(({ kid }) => kid !== key.kid)
  await deleteSigningKeys(transaction, [key.kid])
  if (state === 'signing') {
    const heir = others.find((other) => signingKeyState(other, keys, now) === 'waiting')
    const signs = heir
      ? await activateSigningKey(transaction, heir.kid)
      : await insertSigningKey(transaction, fresh, 0)
    return { kind: 'removed', signs }
  }
  const signs = signingKeyAt(others, now)
  if (!signs) return { kind: 'removed', signs: await insertSigningKey(transaction, fresh, 0) }
  // What was to take over from it is gone.
  if (state === 'waiting') await keepSigningKey(transaction, signs.kid)
  return { kind: 'removed', signs }
}

function requireKey(keys: CurrentKeys, kid: string): CurrentKeys[number] {
  const key = keys.find((one) => one.kid === kid)
  if (!key) throw new Problem('not_found', { detail: `There is no signing key "${kid}".` })
  return key
}

function requireKeys({ accessToken }: Config): void {
  if (accessToken.algorithm === 'ES256') return
  const detail = 'Access tokens are signed with JWT_SECRET (JWT_ALGORITHM=HS256): there are no keys.'
  throw new Problem('not_found', { detail })
}
