import argon2 from 'argon2'
import type { BcryptWorkers } from './bcrypt-workers.ts'
import { currentScheme } from './password-hash.ts'

const salt = Buffer.alloc(16, 'decoy')
const memoryKiBMin = 8

/**
 * Spends argon2id work without a result, so that an account that needs less takes as long as one that needs more.
 *
 * @param work  KiB × passes
 */
export async function spendArgon2(password: string, work: number): Promise<void> {
  const passes = Math.max(1, Math.round(work / currentScheme.memoryKiB))
  const memoryCost = Math.max(memoryKiBMin, Math.round(work / passes))
  await argon2.hash(password, {
    raw: true,
    salt,
    type: argon2.argon2id,
    memoryCost,
    timeCost: passes,
    parallelism: 1,
  })
}

/** Spends the work of one bcrypt comparison. */
export async function spendBcrypt(password: string, cost: number, bcrypt: BcryptWorkers): Promise<void> {
  await bcrypt.compare(password, `$2b$${String(cost).padStart(2, '0')}$${'.'.repeat(53)}`)
}
