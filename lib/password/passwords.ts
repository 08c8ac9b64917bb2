import type { Connection } from '#db/connection.ts'
import { samplePasswordHashes } from '#db/queries/users.ts'
import type { BcryptWorkers } from '#lib/crypto/bcrypt-workers.ts'
import { spendArgon2, spendBcrypt } from '#lib/crypto/decoy.ts'
import type { HashQueue } from '#lib/crypto/hash-queue.ts'
import {
  currentScheme,
  hashPassword,
  isOutdated,
  type NewHashScheme,
  type PasswordScheme,
  readPasswordScheme,
  verifyPasswordHash,
} from '#lib/crypto/password-hash.ts'
import { Problem } from '#lib/problems.ts'
import type { Clock } from '#lib/runtime/clock.ts'
import type { Log } from '#lib/runtime/log.ts'
import type { Metrics } from '#lib/runtime/metrics.ts'
import { passwordBytesMax } from './password.contract.ts'
import { type Remainder, remainingWork, type WorkTarget, workTargetOf } from './password-work.ts'

export type PasswordVerdict =
  /** `isOutdated`: the stored hash should be replaced by one of today's parameters. */
  { kind: 'right'; isOutdated: boolean } | { kind: 'wrong' }

export interface Passwords {
  /**
   * Verifies a presented password with equal work for every account.
   *
   * @param storedHash  null for an unknown account or one without a password: the same work, and wrong
   * @throws Problem `overloaded` without any work when the queue is full
   */
  verify(storedHash: string | null, presented: string): Promise<PasswordVerdict>
  /** Hashes a new password. @throws Problem `overloaded` */
  hash(password: string): Promise<string>
  /** Refuses at once what `verify` would shed, before the caller spends a query. @throws Problem `overloaded` */
  requireRoom(): void
  /** Learns which kinds of hashes the accounts have. */
  calibrate(db: Connection): Promise<void>
}

export interface PasswordParts {
  queue: HashQueue
  bcrypt: BcryptWorkers
  clock: Clock
  log: Log
  metrics: Metrics
  /** How new passwords are hashed; {@link currentScheme} unless a test that is not about hashes says otherwise. */
  scheme?: NewHashScheme
  /** False only in a control run: then an account that there is not is answered without any work. */
  spendsDecoys?: boolean
}

const sampleSize = 1000

export function createPasswords(parts: PasswordParts): Passwords {
  const { scheme: own = currentScheme } = parts
  let target: WorkTarget = workTargetOf([], own)

  async function inQueue<Result>(work: () => Promise<Result>): Promise<Result> {
    const outcome = await parts.queue.run(async () => {
      const startedMs = parts.clock.monotonicMs()
      const result = await work()
      parts.metrics.observePasswordHash((parts.clock.monotonicMs() - startedMs) / 1000)
      return result
    })
    if (outcome.kind === 'done') return outcome.result
    throw new Problem('overloaded', { retryAfterSeconds: outcome.retryAfterSeconds, because: 'hash queue' })
  }

  function readStored(hash: string): StoredPassword | null {
    const scheme = readPasswordScheme(hash)
    if (scheme) return { hash, scheme }
    parts.log.error(
      { event: 'password_hash_unreadable' },
      'a stored hash has an unknown format or too high a cost',
    )
    return null
  }

  return {
    verify(storedHash, presented) {
      if (storedHash === null && parts.spendsDecoys === false) return Promise.resolve({ kind: 'wrong' })
      const stored = storedHash === null ? null : readStored(storedHash)
      // Too long to be anybody's password: the work is spent, but not on its bytes.
      const isTooLong = Buffer.byteLength(presented) > passwordBytesMax
      return inQueue(() =>
        isTooLong
          ? verifyWithEqualWork(parts.bcrypt, null, '', { own, target })
          : verifyWithEqualWork(parts.bcrypt, stored, presented, { own, target }),
      )
    },
    // New passwords are NFC, so that the same keys pressed on another system give the same bytes.
    hash: (password) => inQueue(() => hashPassword(password.normalize('NFC'), own)),
    requireRoom() {
      if (parts.queue.isFull())
        throw new Problem('overloaded', { retryAfterSeconds: 2, because: 'hash queue' })
    },
    async calibrate(db) {
      const schemes = (await samplePasswordHashes(db, sampleSize)).map(readPasswordScheme)
      target = workTargetOf(
        schemes.filter((scheme) => scheme !== null),
        own,
      )
    },
  }
}

interface StoredPassword {
  hash: string
  scheme: PasswordScheme
}

async function verifyWithEqualWork(
  bcrypt: BcryptWorkers,
  stored: StoredPassword | null,
  presented: string,
  { own, target }: { own: NewHashScheme; target: WorkTarget },
): Promise<PasswordVerdict> {
  let isRight = false
  // Every spelling costs the whole work, hit or miss, so the answer time tells nothing about the account.
  for (const spelling of spellings(presented)) {
    if (stored) isRight = (await verifyPasswordHash(stored.hash, stored.scheme, spelling, bcrypt)) || isRight
    await spend(bcrypt, spelling, remainingWork(stored?.scheme ?? null, target))
  }
  return isRight && stored ? { kind: 'right', isOutdated: isOutdated(stored.scheme, own) } : { kind: 'wrong' }
}

/** The bytes as given first (imported hashes), then NFC (our own), if that is something else. */
function spellings(presented: string): string[] {
  const composed = presented.normalize('NFC')
  return composed === presented ? [presented] : [presented, composed]
}

async function spend(bcrypt: BcryptWorkers, password: string, remainder: Remainder): Promise<void> {
  if (remainder.argon2 > 0) await spendArgon2(password, remainder.argon2)
  for (const cost of remainder.bcryptCosts) await spendBcrypt(password, cost, bcrypt)
}
