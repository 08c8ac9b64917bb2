import { setTimeout as pause } from 'node:timers/promises'
import type { Database } from '#db/connection.ts'
import {
  insertSigningKey,
  listSigningKeys,
  lockSigningKeys,
  replaceSealedSigningKey,
  type SigningKeyRow,
} from '#db/queries/signing-keys.ts'
import type { PrivateKey, VerificationKey } from '#lib/crypto/jwt.ts'
import type { RootKeys } from '#lib/crypto/root-keys.ts'
import {
  generateSigningKey,
  isSealedForCurrent,
  openSigningKey,
  openVerificationKey,
  type PublicSigningJwk,
  resealSigningKey,
} from '#lib/crypto/signing-key.ts'
import { Problem } from '#lib/problems.ts'
import type { Clock } from '#lib/runtime/clock.ts'
import { isOver, type SigningKeyTimes, signingKeyAt } from './signing-key-state.ts'

/** The signing keys of the database as they were at one look. */
export interface KeyRing {
  /** @throws Problem `unavailable` when no root of this process opens the key that signs at this instant */
  signerAt(instant: Date): { kid: string; key: PrivateKey }
  verifiers: ReadonlyMap<string, VerificationKey>
  publicKeys: readonly PublicSigningJwk[]
}

/** Keeps the keys in memory, never for longer than it is known that they are what the database has. */
export interface KeyRings<Ring> {
  /** @throws Problem `unavailable`, and what the database throws: no answer is never "no such key" */
  current(): Promise<Ring>
  /** The same without waiting, if it may be used as it is. */
  trusted(): Ring | null
  /** A ring that was looked for after this call; null when it is known that there is nothing new. */
  lookAgain(): Promise<Ring | null>
  /** The keys have changed. */
  reload(): void
}

/** Where the keys are, and what is made of them. */
export interface KeyRingParts<Ring> {
  roots: RootKeys
  database: Database
  clock: Clock
  /** True while every change of the keys would have been heard. */
  isProven(): boolean
  /** Made once for each set of keys; dropped with it. */
  make(ring: KeyRing): Ring
}

/** The private half of the key in use was sealed under a secret that this process does not have. */
export const unreadableSigningKeys = 'no AUTH_SECRET of this process opens the signing keys in the database'

/** While nothing is proven, keys that were read longer ago are read again before anything is trusted to them. */
const trustMs = 2000
/** An unknown kid may be a new key; a flood of invented ones must not become a flood of queries. */
const lookAgainMs = { proven: 10_000, unproven: 100 }
const loadsMax = 3

interface KeptRing<Ring> {
  ring: Ring
  rows: readonly SigningKeyRow[]
  fingerprint: string
  /** When its statement was sent, in monotonic milliseconds. */
  sentMs: number
  /** The first of its keys is over then. */
  untilMs: number
}

/** Reads the keys at the first use. @see {@link KeyRings} for what its calls throw */
export function createKeyRings<Ring>(parts: KeyRingParts<Ring>): KeyRings<Ring> {
  const { clock, isProven } = parts
  const seal = createSealKeeper(parts)
  let kept: KeptRing<Ring> | null = null
  /** Counts the changes. What was sent before one must not be kept after it. */
  let changes = 0
  let hasChanged = true
  const loading = createSharedRun(read)
  const lookAfter = createLookout(async () => {
    // One that is under way may have been sent before whoever waits here came.
    await loading.underWay()
    await loading.start()
  })

  function trusted(): Ring | null {
    if (!kept || hasChanged || clock.now().getTime() >= kept.untilMs) return null
    return isProven() || clock.monotonicMs() - kept.sentMs <= trustMs ? kept.ring : null
  }

  async function read(): Promise<void> {
    const sentAt = changes
    const found = await readRing(parts, kept)
    if (sentAt !== changes) return
    kept = found
    hasChanged = false
    await seal(found.rows)
  }

  async function current(): Promise<Ring> {
    for (let loads = 0; loads <= loadsMax; loads += 1) {
      const ring = trusted()
      if (ring) return ring
      if (loads < loadsMax) await loading.start()
    }
    const because = 'changes overtook each look at the keys'
    throw new Problem('unavailable', { because, retryAfterSeconds: 1 })
  }

  return {
    current,
    trusted,
    async lookAgain() {
      const ageMs = kept ? clock.monotonicMs() - kept.sentMs : Number.POSITIVE_INFINITY
      if (isProven() && ageMs < lookAgainMs.proven) return null
      await lookAfter(lookAgainMs.unproven - ageMs)
      return current()
    },
    reload() {
      changes += 1
      hasChanged = true
      loading.detach()
      // A failure is told to the next user of a key, who tries again.
      loading.start().catch(() => {})
    },
  }
}

/** One run at a time, which all who ask meanwhile share, until it is detached. */
function createSharedRun(run: () => Promise<void>) {
  let underWay: Promise<void> | null = null
  return {
    underWay: () => underWay,
    start(): Promise<void> {
      if (underWay) return underWay
      const started: Promise<void> = run().finally(() => {
        if (underWay === started) underWay = null
      })
      underWay = started
      return started
    },
    detach() {
      underWay = null
    },
  }
}

/** Lets those who come while a look waits for its turn share it. */
function createLookout(look: () => Promise<void>): (waitMs: number) => Promise<void> {
  let waiting: Promise<void> | null = null
  async function lookAfter(waitMs: number): Promise<void> {
    await pause(Math.max(0, waitMs))
    waiting = null
    await look()
  }
  return (waitMs) => {
    waiting ??= lookAfter(waitMs)
    return waiting
  }
}

/** @param before  stays what it is while the keys are the same, with all that it remembers */
async function readRing<Ring>(
  { roots, database, clock, make }: KeyRingParts<Ring>,
  before: KeptRing<Ring> | null,
): Promise<KeptRing<Ring>> {
  const sentMs = clock.monotonicMs()
  const found = await listOrMakeSigningKeys(roots, database)
  const now = clock.now()
  const rows = found.filter((row) => !isOver(row, now))
  const fingerprint = JSON.stringify(rows)
  const ring = before?.fingerprint === fingerprint ? before.ring : make(await openKeyRing(roots, rows, now))
  return { ring, rows, fingerprint, sentMs, untilMs: firstEndMs(rows) }
}

async function openKeyRing(roots: RootKeys, rows: readonly SigningKeyRow[], now: Date): Promise<KeyRing> {
  const opened = await Promise.all(
    rows.map(async (row) => ({
      ...row,
      privateKey: openSigningKey(roots, row),
      publicKey: await openVerificationKey(row),
    })),
  )
  const ring: KeyRing = {
    signerAt(instant) {
      const signing = signingKeyAt(opened, instant)
      // Mended by the next deployment, so nobody may lose a session over it: never a 401.
      if (!signing?.privateKey)
        throw new Problem('unavailable', { because: unreadableSigningKeys, retryAfterSeconds: 5 })
      return { kid: signing.kid, key: signing.privateKey }
    },
    verifiers: new Map(opened.map(({ kid, publicKey }) => [kid, publicKey])),
    publicKeys: rows.map((row) => row.publicJwk),
  }
  // Told at the start, not at the first sign-in.
  ring.signerAt(now)
  return ring
}

/**
 * A root is rotated in three deployments: all know the new one, all use it, the old one is removed. So keys are sealed
 * under every root that a process knows. Who uses a root that a key is not sealed under adds it, whenever that is; who
 * sees that a root which was removed could still open it takes that away, but once: a process that knows the other one
 * may put it back, and two that answer each other would go on for ever.
 */
function createSealKeeper({ roots, database }: Pick<KeyRingParts<unknown>, 'roots' | 'database'>) {
  const seen = new Set<string>()
  return async (rows: readonly SigningKeyRow[]) => {
    for (const row of rows) {
      const isDone = seen.has(row.kid) && isSealedForCurrent(roots, row)
      const resealed = isDone ? null : resealSigningKey(roots, row)
      if (resealed)
        await replaceSealedSigningKey(database, { kid: row.kid, sealed: row.privateKeySealed, resealed })
      seen.add(row.kid)
    }
  }
}

async function listOrMakeSigningKeys(roots: RootKeys, database: Database): Promise<SigningKeyRow[]> {
  const rows = await listUsable(database)
  if (rows.length > 0) return rows
  const first = await generateSigningKey(roots)
  // Of processes that start together one inserts.
  await database.transaction(async (transaction) => {
    await lockSigningKeys(transaction)
    if ((await listUsable(transaction)).length === 0) await insertSigningKey(transaction, first, 0)
  })
  return listUsable(database)
}

async function listUsable(connection: Pick<Database, 'run'>): Promise<SigningKeyRow[]> {
  const rows = await listSigningKeys(connection)
  return rows.flatMap(({ now, ...row }) => (isOver(row, now) ? [] : [row]))
}

function firstEndMs(keys: readonly SigningKeyTimes[]): number {
  return Math.min(...keys.map(({ retiresAt }) => retiresAt?.getTime() ?? Number.POSITIVE_INFINITY))
}
